import * as account from './account.ts';
import * as jobs from './jobs.ts';
import * as nodes from './nodes.ts';
import * as operate from './operate.ts';
import type { Operation } from './operation.ts';
import * as previews from './previews.ts';
import * as profiles from './profiles.ts';
import * as projects from './projects.ts';
import * as review from './review.ts';
import * as searches from './searches.ts';
import * as session from './session.ts';
import * as system from './system.ts';
import * as tasks from './tasks.ts';

const { changePassword, getSession } = session;
const { actInBulk, actOnJob, cloneJob, createJob, deleteJob, forceEndJob, getJob, getJobLog, listJobs } = jobs;

/** Every operation of the API. What is not listed here does not exist. */
export const operations: readonly Operation[] = [
  getSession,
  changePassword,
  ...Object.values(account),
  ...Object.values(nodes),
  ...Object.values(previews),
  ...Object.values(profiles),
  ...Object.values(projects),
  ...Object.values(review),
  ...Object.values(searches),
  createJob,
  listJobs,
  getJob,
  getJobLog,
  actOnJob,
  forceEndJob,
  cloneJob,
  deleteJob,
  actInBulk,
  ...Object.values(tasks),
  ...Object.values(operate),
  ...Object.values(system),
];

import type { SignedIn } from '../http/context.ts';
import { notFound } from '../http/problems.ts';
import { route, type Route } from '../http/route.ts';
import * as jobs from '../operations/jobs.ts';
import { demandJob } from './access.ts';
import { actOnJob, forceEndJob, removeJob } from './actions.ts';
import { actInBulk } from './bulk.ts';
import { startClone } from './cloneJob.ts';
import { createSelectiveJob } from './createJob.ts';
import { readJobLog } from './jobLog.ts';
import type { JobReading } from './jobRows.ts';
import { pageForActor, readJobPage } from './jobView.ts';
import { listJobsPage } from './listJobs.ts';

/** Jobs: create, clone, list, read, act on one or on many, delete. */
export function jobRoutes(reading: JobReading, masterKey: Uint8Array): Route[] {
  const { database } = reading;
  const { client, pool } = database;
  const read = async (actor: SignedIn, id: string) => {
    const job = await readJobPage(reading, id);
    if (!job) throw notFound('job');
    return pageForActor(job, actor);
  };

  return [
    route(jobs.createJob, async ({ actor, body, headers }) =>
      read(actor, await createSelectiveJob(database, masterKey, actor, headers['idempotency-key'], body)),
    ),
    route(jobs.cloneJob, async ({ actor, params, body, headers }) =>
      read(actor, await startClone(database, masterKey, actor, headers['idempotency-key'], params.id, body)),
    ),
    route(jobs.listJobs, ({ actor, query }) => listJobsPage(reading, actor, query)),
    route(jobs.getJob, async ({ actor, params }) => {
      await demandJob(client, actor, params.id);
      return read(actor, params.id);
    }),
    route(jobs.getJobLog, async ({ actor, params, query }) => {
      await demandJob(client, actor, params.id);
      return readJobLog(pool, params.id, query);
    }),
    route(jobs.actOnJob, ({ actor, params, body }) => actOnJob(database, actor, params.id, body)),
    route(jobs.forceEndJob, ({ actor, params }) => forceEndJob(database, actor, params.id)),
    route(jobs.deleteJob, async ({ actor, params }) => {
      await removeJob(database, actor, params.id);
      return undefined;
    }),
    route(jobs.actInBulk, ({ actor, body }) => actInBulk(database, actor, body)),
  ];
}

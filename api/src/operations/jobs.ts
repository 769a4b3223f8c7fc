import { z } from 'zod';
import { actionInput, bulkAnswer, bulkInput, requestView } from '../schemas/actions.ts';
import { count, pageOf, pageQuery, uuid } from '../schemas/common.ts';
import { cloneInput, job, jobHeaders, jobInput, jobQuery, jobRow, logEntry } from '../schemas/jobs.ts';
import { operation } from './operation.ts';

const params = z.object({ id: uuid });
/** A task is named by its job and its number in it. */
export const taskParams = z.object({ id: uuid, no: z.coerce.number().pipe(count) });
/** Jobs show patients: who may not see them identified has no access to jobs. */
export const jobAccess = ['transfer', 'view-identified'] as const;
export const unknownJob = { 404: 'No such job, or not one of yours' };
const senseless = { 409: 'The action makes no sense now; the detail says why' };
const conflicts = { 409: 'The pseudonym belongs to another patient, or the key was used for another request' };

export const createJob = operation({
  id: 'createJob',
  method: 'post',
  path: '/jobs',
  tag: 'Jobs',
  summary: 'Start a transfer of chosen studies',
  description: 'With a schedule the job sleeps outside of its hours; those of its nodes come on top.',
  access: jobAccess,
  headers: jobHeaders,
  body: jobInput,
  answer: { kind: 'json', status: 201, schema: job },
  problems: conflicts,
});

export const listJobs = operation({
  id: 'listJobs',
  method: 'get',
  path: '/jobs',
  tag: 'Jobs',
  summary: 'Jobs, newest first: the own ones, or everybody’s for those who operate',
  access: jobAccess,
  query: jobQuery,
  answer: { kind: 'json', status: 200, schema: pageOf(jobRow).meta({ id: 'JobPage' }) },
});

export const getJob = operation({
  id: 'getJob',
  method: 'get',
  path: '/jobs/{id}',
  tag: 'Jobs',
  summary: 'One job',
  access: jobAccess,
  params,
  answer: { kind: 'json', status: 200, schema: job },
  problems: unknownJob,
});

export const getJobLog = operation({
  id: 'getJobLog',
  method: 'get',
  path: '/jobs/{id}/log',
  tag: 'Jobs',
  summary: 'What people asked of a job, its runs and the failures of its steps; newest first',
  access: jobAccess,
  params,
  query: pageQuery,
  answer: { kind: 'json', status: 200, schema: pageOf(logEntry).meta({ id: 'LogPage' }) },
  problems: unknownJob,
});

export const actOnJob = operation({
  id: 'actOnJob',
  method: 'post',
  path: '/jobs/{id}/actions',
  tag: 'Jobs',
  summary: 'Ask something of a job: pause, resume, cancel, retry, restart, another urgency or schedule',
  description: 'The request is kept and shown at once; what came of it stands on the request as soon as it is known.',
  access: jobAccess,
  params,
  body: actionInput,
  answer: { kind: 'json', status: 202, schema: requestView },
  problems: { ...unknownJob, ...senseless },
});

export const forceEndJob = operation({
  id: 'forceEndJob',
  method: 'post',
  path: '/jobs/{id}/force-end',
  tag: 'Jobs',
  summary: 'End a job that hangs: at once, whatever its workers say',
  description:
    'Its workflow is terminated, its associations are released, open studies end as canceled; the ledger stays.',
  access: [...jobAccess, 'operate'],
  params,
  answer: { kind: 'json', status: 202, schema: requestView },
  problems: { ...unknownJob, ...senseless },
});

export const cloneJob = operation({
  id: 'cloneJob',
  method: 'post',
  path: '/jobs/{id}/clones',
  tag: 'Jobs',
  summary: 'Start a new job with the studies of another one',
  description: 'Options that are left out are as there; the pseudonym only within the same project.',
  access: jobAccess,
  params,
  headers: jobHeaders,
  body: cloneInput,
  answer: { kind: 'json', status: 201, schema: job },
  problems: { ...unknownJob, ...conflicts },
});

export const deleteJob = operation({
  id: 'deleteJob',
  method: 'delete',
  path: '/jobs/{id}',
  tag: 'Jobs',
  summary: 'Delete a job that has ended: it is shown nowhere any more, its ledger is kept',
  access: jobAccess,
  params,
  answer: { kind: 'empty', status: 204 },
  problems: { ...unknownJob, 409: 'The job has not ended yet' },
});

export const actInBulk = operation({
  id: 'actInBulk',
  method: 'post',
  path: '/bulk',
  tag: 'Jobs',
  summary: 'Ask something of several jobs, of everything of a node, or of everything of a project',
  description:
    'A dry run answers the effect in numbers; the real one a result per job. Every job by itself: one that is refused does not stop the others. At most 1,000 jobs. Of a node: the studies that come from it or go to it, in every job. force-end needs the permission operate.',
  access: jobAccess,
  body: bulkInput,
  answer: { kind: 'json', status: 200, schema: bulkAnswer },
  problems: { 404: 'No such node or project' },
});

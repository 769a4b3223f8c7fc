import { z } from 'zod';
import { count, pageOf, uuid } from '../schemas/common.ts';
import { actionInput, job, jobHeaders, jobInput, jobQuery, requestView } from '../schemas/jobs.ts';
import { operation } from './operation.ts';

const params = z.object({ id: uuid });
/** A task is named by its job and its number in it. */
export const taskParams = z.object({ id: uuid, no: z.coerce.number().pipe(count) });
/** Jobs show patients: who may not see them identified has no access to jobs. */
export const jobAccess = ['transfer', 'view-identified'] as const;
export const unknownJob = { 404: 'No such job, or not one of yours' };

export const createJob = operation({
  id: 'createJob',
  method: 'post',
  path: '/jobs',
  tag: 'Jobs',
  summary: 'Start a transfer of chosen studies',
  access: jobAccess,
  headers: jobHeaders,
  body: jobInput,
  answer: { kind: 'json', status: 201, schema: job },
  problems: { 409: 'The pseudonym belongs to another patient, or the key was used for another request' },
});

export const listJobs = operation({
  id: 'listJobs',
  method: 'get',
  path: '/jobs',
  tag: 'Jobs',
  summary: 'Jobs, newest first: the own ones, or everybody’s for those who operate',
  access: jobAccess,
  query: jobQuery,
  answer: { kind: 'json', status: 200, schema: pageOf(job).meta({ id: 'JobPage' }) },
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

export const actOnJob = operation({
  id: 'actOnJob',
  method: 'post',
  path: '/jobs/{id}/actions',
  tag: 'Jobs',
  summary: 'Ask something of a job: pause, resume, cancel, retry what failed',
  description: 'The request is kept and shown at once; what came of it stands on the request as soon as it is known.',
  access: jobAccess,
  params,
  body: actionInput,
  answer: { kind: 'json', status: 202, schema: requestView },
  problems: { ...unknownJob, 409: 'The action makes no sense now; the detail says why' },
});

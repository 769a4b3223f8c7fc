import { z } from 'zod';
import { pageOf, uuid } from '../schemas/common.ts';
import { actionInput, requestView } from '../schemas/jobs.ts';
import { instance, ledgerQuery, manifest, task, taskDetail, taskQuery } from '../schemas/tasks.ts';
import { jobAccess, taskParams } from './jobs.ts';
import { operation } from './operation.ts';

const unknown = { 404: 'No such task, or not one of yours' };

export const listTasks = operation({
  id: 'listTasks',
  method: 'get',
  path: '/jobs/{id}/tasks',
  tag: 'Tasks',
  summary: 'The tasks of a job in their order',
  access: jobAccess,
  params: z.object({ id: uuid }),
  query: taskQuery,
  answer: { kind: 'json', status: 200, schema: pageOf(task).meta({ id: 'TaskPage' }) },
  problems: unknown,
});

export const getTask = operation({
  id: 'getTask',
  method: 'get',
  path: '/jobs/{id}/tasks/{no}',
  tag: 'Tasks',
  summary: 'One task with its steps',
  access: jobAccess,
  params: taskParams,
  answer: { kind: 'json', status: 200, schema: taskDetail },
  problems: unknown,
});

export const getLedger = operation({
  id: 'getLedger',
  method: 'get',
  path: '/jobs/{id}/tasks/{no}/ledger',
  tag: 'Tasks',
  summary: 'The instances of a task: missing and failed ones first',
  access: jobAccess,
  params: taskParams,
  query: ledgerQuery,
  answer: { kind: 'json', status: 200, schema: pageOf(instance).meta({ id: 'InstancePage' }) },
  problems: unknown,
});

export const getManifest = operation({
  id: 'getManifest',
  method: 'get',
  path: '/jobs/{id}/tasks/{no}/manifest',
  tag: 'Tasks',
  summary: 'The record of a task that has ended, as a file',
  access: jobAccess,
  params: taskParams,
  answer: { kind: 'download', schema: manifest },
  problems: { 404: 'No such task, or it has not ended yet' },
});

export const actOnTask = operation({
  id: 'actOnTask',
  method: 'post',
  path: '/jobs/{id}/tasks/{no}/actions',
  tag: 'Tasks',
  summary: 'Ask something of one task',
  access: jobAccess,
  params: taskParams,
  body: actionInput,
  answer: { kind: 'json', status: 202, schema: requestView },
  problems: { ...unknown, 409: 'The action makes no sense now; the detail says why' },
});

import { z } from 'zod';
import { pageOf, uuid } from '../schemas/common.ts';
import { requestView, taskActionInput } from '../schemas/actions.ts';
import {
  failureGroup,
  instance,
  ledgerQuery,
  manifest,
  taskDetail,
  taskPage,
  taskQuery,
  tasksActionAnswer,
  tasksActionInput,
  withheldSeries,
} from '../schemas/tasks.ts';
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
  answer: { kind: 'json', status: 200, schema: taskPage },
  problems: unknown,
});

export const listFailures = operation({
  id: 'listFailures',
  method: 'get',
  path: '/jobs/{id}/failures',
  tag: 'Tasks',
  summary: 'Why studies of a job failed, grouped by cause and node; the commonest first',
  access: jobAccess,
  params: z.object({ id: uuid }),
  answer: { kind: 'json', status: 200, schema: z.object({ items: z.array(failureGroup) }) },
  problems: unknown,
});

export const listWithheld = operation({
  id: 'listWithheld',
  method: 'get',
  path: '/jobs/{id}/withheld',
  tag: 'Tasks',
  summary: 'The series of a job that were left out or wait for a review, by study; at most 200',
  access: jobAccess,
  params: z.object({ id: uuid }),
  answer: {
    kind: 'json',
    status: 200,
    schema: z.object({
      items: z.array(withheldSeries),
      more: z.boolean().meta({ description: 'There are more; the manifests of the studies have all' }),
    }),
  },
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
  body: taskActionInput,
  answer: { kind: 'json', status: 202, schema: requestView },
  problems: { ...unknown, 409: 'The action makes no sense now; the detail says why' },
});

export const actOnTasks = operation({
  id: 'actOnTasks',
  method: 'post',
  path: '/jobs/{id}/tasks/actions',
  tag: 'Tasks',
  summary: 'Ask something of several tasks of a job',
  description: 'A dry run answers the effect in numbers. What makes no sense for some of them is done for the others.',
  access: jobAccess,
  params: z.object({ id: uuid }),
  body: tasksActionInput,
  answer: { kind: 'json', status: 200, schema: tasksActionAnswer },
  problems: { ...unknown, 409: 'The action makes no sense for any of them; the detail says why' },
});

import { z } from 'zod';
import { nodeGone, taskEvent } from '../schemas/events.ts';
import { job } from '../schemas/jobs.ts';
import { node } from '../schemas/nodes.ts';
import { eventsHeaders, eventsQuery, health, readiness, workerList } from '../schemas/system.ts';
import { jobAccess, unknownJob } from './jobs.ts';
import { operation } from './operation.ts';

export const streamEvents = operation({
  id: 'streamEvents',
  method: 'get',
  path: '/events',
  tag: 'System',
  summary: 'What changes, live: one job with its tasks, or all jobs and nodes',
  description:
    'The state of now comes first, then changes as they happen. Ids rise; a comment every 15 s shows that the connection lives.',
  access: jobAccess,
  query: eventsQuery,
  headers: eventsHeaders,
  answer: { kind: 'events', events: { job, task: taskEvent, node, 'node-gone': nodeGone } },
  problems: unknownJob,
});

export const listWorkers = operation({
  id: 'listWorkers',
  method: 'get',
  path: '/workers',
  tag: 'System',
  summary: 'Worker hosts and their receivers',
  access: ['manage-nodes'],
  answer: { kind: 'json', status: 200, schema: workerList },
});

export const getHealth = operation({
  id: 'getHealth',
  method: 'get',
  path: '/health',
  tag: 'System',
  summary: 'Whether this process lives',
  access: 'public',
  answer: { kind: 'json', status: 200, schema: health },
});

export const getReadiness = operation({
  id: 'getReadiness',
  method: 'get',
  path: '/ready',
  tag: 'System',
  summary: 'Whether work can be done: database, Temporal, worker and receiver, each really asked',
  access: 'public',
  answer: { kind: 'json', status: 200, schema: readiness, also503: true },
});

export const getDocument = operation({
  id: 'getDocument',
  method: 'get',
  path: '/openapi.json',
  tag: 'System',
  summary: 'This document',
  access: 'public',
  answer: { kind: 'json', status: 200, schema: z.record(z.string(), z.unknown()) },
});

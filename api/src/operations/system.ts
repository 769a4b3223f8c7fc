import { z } from 'zod';
import { jobsEvent, nodesEvent, queueEvent, tasksEvent } from '../schemas/events.ts';
import { job } from '../schemas/jobs.ts';
import { dashboard } from '../schemas/operate.ts';
import { eventsHeaders, eventsQuery, health, readiness } from '../schemas/system.ts';
import { jobAccess, unknownJob } from './jobs.ts';
import { operation } from './operation.ts';

export const streamEvents = operation({
  id: 'streamEvents',
  method: 'get',
  path: '/events',
  tag: 'System',
  summary: 'What changes, live: one job with its tasks, the rows of a list, nodes, dashboard, queue',
  description:
    'The state of now comes first, then changes as they happen: at most 5 messages a second, what happens in between is told as one. Ids rise; an event `alive` every 15 s shows that the connection lives. The topic queue needs the permission operate.',
  access: jobAccess,
  query: eventsQuery,
  headers: eventsHeaders,
  answer: {
    kind: 'events',
    events: { job, tasks: tasksEvent, jobs: jobsEvent, nodes: nodesEvent, dashboard, queue: queueEvent },
  },
  problems: unknownJob,
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
  summary: 'Whether work can be done: database, Temporal, worker, receiver and queue, each really asked',
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

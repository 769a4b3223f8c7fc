import { CALL_REFUSALS } from '@viaduct/prisma';
import { z } from 'zod';
import { count, moment, several, uuid } from './common.ts';

/** Somebody who has called a receiver since it started. */
export const receiverCaller = z
  .object({
    aeTitle: z.string(),
    address: z.string(),
    open: count.meta({ description: 'Associations that stand now' }),
    associations: count,
    instances: count,
    bytes: count,
    refusedInstances: count.meta({ description: 'Instances that no running transfer expected' }),
    refusals: z
      .array(z.object({ why: z.enum(CALL_REFUSALS), count, text: z.string() }))
      .meta({ description: 'Associations that were refused' }),
    lastAt: moment,
  })
  .meta({ id: 'ReceiverCaller' });
export type ReceiverCallerView = z.infer<typeof receiverCaller>;

/** A worker host and its receiver. */
export const worker = z
  .object({
    host: z.string(),
    aeTitle: z.string(),
    address: z.string(),
    port: count,
    up: z.boolean().meta({ description: 'The worker has been seen lately and its receiver listens' }),
    lastSeen: moment,
    startedAt: moment,
    spoolFreeBytes: count,
    text: z.string().meta({ description: 'How it is with it, as a sentence' }),
    calls: z
      .object({ since: moment, callers: z.array(receiverCaller) })
      .nullable()
      .meta({ description: 'Who has called its receiver, the one that was heard last first' }),
  })
  .meta({ id: 'Worker' });
export type WorkerView = z.infer<typeof worker>;

/** What the administrator of a PACS has to register so that it knows us. */
export const receiver = z
  .object({
    callingAeTitle: z.string().meta({ description: 'How we introduce ourselves, unless a node says otherwise' }),
    workers: z.array(worker).meta({ description: 'Each sends and receives: all have to be registered' }),
    text: z.string().meta({ description: 'All of it as plain text, for a letter to the administrator' }),
  })
  .meta({ id: 'Receiver' });
export type ReceiverView = z.infer<typeof receiver>;

export const health = z.object({ ok: z.literal(true), version: z.string() }).meta({ id: 'Health' });

const check = z.object({ ok: z.boolean(), detail: z.string() });
/** What readiness has really asked. */
export const readiness = z
  .object({
    ok: z.boolean(),
    checks: z.object({
      database: check,
      temporal: check,
      worker: check,
      receiver: check,
      queue: check.meta({ description: 'Whether somebody works on what waits' }),
    }),
  })
  .meta({ id: 'Readiness' });
export type ReadinessView = z.infer<typeof readiness>;

/** Rows that one page shows at most. */
const MOST_ROWS = 200;
export const TOPICS = ['jobs', 'nodes', 'dashboard', 'queue'] as const;
export type Topic = (typeof TOPICS)[number];
export const eventsQuery = z
  .object({
    job: uuid.optional().meta({ description: 'Follow this job' }),
    task: several(z.coerce.number().int().positive())
      .refine((numbers) => (numbers?.length ?? 0) <= MOST_ROWS, 'at most 200')
      .meta({ description: 'Its tasks that are on the page; absent: those that something happens to' }),
    topic: several(z.enum(TOPICS)).meta({
      description: 'What else to follow; without a job and a topic: jobs and nodes',
    }),
    row: several(uuid)
      .refine((ids) => (ids?.length ?? 0) <= MOST_ROWS, 'at most 200')
      .meta({ description: 'The jobs that are on the page (topic jobs): only they are sent as rows' }),
  })
  .refine(({ job, topic }) => job === undefined || topic === undefined, {
    path: ['topic'],
    message: 'a stream follows one job, or topics',
  });
/** The browser sends the id of the last event it has seen when it connects again. */
export const eventsHeaders = z.object({ 'last-event-id': z.string().max(40).optional() });

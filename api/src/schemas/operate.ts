import { z } from 'zod';
import { count, failure, moment, pageQuery, reference, uuid } from './common.ts';
import { jobRow, jobState } from './jobs.ts';
import { nodeClock } from './nodes.ts';
import { wait } from './waits.ts';

/** A job as other things refer to it. */
export const jobReference = z.object({ id: uuid, number: count, title: z.string() }).meta({ id: 'JobReference' });

/** A study in the queue of all jobs. */
export const queueItem = z
  .object({
    job: jobReference,
    taskNo: count,
    owner: reference,
    project: reference,
    urgent: z.boolean(),
    state: jobState,
    wait: wait.nullable(),
    source: reference,
    destination: reference,
    instances: count.meta({ description: 'Images it has, 0 while that is not known' }),
    startedAt: moment.nullable(),
  })
  .meta({ id: 'QueueItem' });
export type QueueItemView = z.infer<typeof queueItem>;

export const queueQuery = pageQuery.extend({
  nodeId: uuid.optional().meta({ description: 'Source or destination' }),
});

/** A page of the queue: what runs first, then what waits in the order of its turn. */
export const queuePage = z
  .object({
    items: z.array(queueItem),
    nextCursor: z.string().nullable(),
    running: count,
    waiting: count,
    hasWorker: z.boolean().meta({ description: 'Whether anybody works on it' }),
  })
  .meta({ id: 'QueuePage' });

/** Something that a person has to look after. */
export const needed = z
  .discriminatedUnion('kind', [
    z.object({ kind: z.literal('job-failed'), at: moment, text: z.string(), job: jobReference, failed: count }),
    z.object({ kind: z.literal('review'), at: moment, text: z.string(), images: count }),
    z.object({ kind: z.literal('node-suspended'), at: moment.nullable(), text: z.string(), node: reference }),
    z.object({ kind: z.literal('node-failing'), at: moment.nullable(), text: z.string(), node: reference }),
    z.object({ kind: z.literal('worker-gone'), at: moment, text: z.string(), host: z.string() }),
    z.object({ kind: z.literal('no-worker'), at: moment.nullable(), text: z.string() }),
  ])
  .meta({ id: 'Needed' });
export type NeededView = z.infer<typeof needed>;

/** What a node gave and took in the last hour. */
export const throughput = z
  .object({
    node: reference,
    retrieved: z.array(count).meta({ description: 'Bytes that came from it, per bucket, oldest first' }),
    stored: z.array(count).meta({ description: 'Bytes that were stored there, per bucket, oldest first' }),
  })
  .meta({ id: 'Throughput' });
export type ThroughputView = z.infer<typeof throughput>;

/** What a person sees in two seconds: what runs, what waits and why, and what needs them. */
export const dashboard = z
  .object({
    at: moment,
    needed: z.array(needed).meta({ description: 'At most 50, newest first' }),
    running: z.array(jobRow).meta({ description: 'At most 20' }),
    waiting: z.array(jobRow).meta({ description: 'Also paused ones; at most 20' }),
    counts: z.object({ running: count, waiting: count }),
    throughput: z.object({
      from: moment.meta({ description: 'Beginning of the first bucket' }),
      bucketSeconds: count,
      nodes: z.array(throughput),
    }),
    clock: z.array(nodeClock),
    failures: z
      .array(z.object({ failure, node: reference.nullable(), studies: count, jobs: count }))
      .meta({ description: 'Studies that failed since midnight UTC, by cause' }),
    spool: z
      .array(z.object({ host: z.string(), freeBytes: count, up: z.boolean(), lastSeen: moment }))
      .meta({ description: 'Transfer disks; only for those who manage nodes' }),
  })
  .meta({ id: 'Dashboard' });
export type DashboardView = z.infer<typeof dashboard>;

import { z } from 'zod';
import { count, uuid } from './common.ts';
import { jobRow, jobState } from './jobs.ts';
import { node } from './nodes.ts';
import { task } from './tasks.ts';

/** Jobs that changed: those of the page as rows, others by number only. */
export const jobsEvent = z
  .object({
    rows: z.array(jobRow),
    others: z
      .array(z.object({ id: uuid, number: count, state: jobState }))
      .meta({ description: 'Changed or new, not on the page; at most 200' }),
    gone: z.array(uuid).meta({ description: 'Deleted' }),
  })
  .meta({ id: 'JobsEvent' });
export type JobsEventView = z.infer<typeof jobsEvent>;

/** Tasks that changed, in the stream of their job. */
export const tasksEvent = z.object({ jobId: uuid, rows: z.array(task) }).meta({ id: 'TasksEvent' });

/** Nodes that changed, and those that are gone. */
export const nodesEvent = z.object({ rows: z.array(node), gone: z.array(uuid) }).meta({ id: 'NodesEvent' });
export type NodesEventView = z.infer<typeof nodesEvent>;

/** The queue has changed: read it again. At most every 2 s. */
export const queueEvent = z.object({ waiting: count, running: count }).meta({ id: 'QueueEvent' });

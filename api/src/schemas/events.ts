import { z } from 'zod';
import { uuid } from './common.ts';
import { task } from './tasks.ts';

/** A task that changed, in the stream of its job. */
export const taskEvent = task.extend({ jobId: uuid }).meta({ id: 'TaskEvent' });
export type TaskEventView = z.infer<typeof taskEvent>;

/** A node that is gone, in the stream of live events. */
export const nodeGone = z.object({ id: uuid }).meta({ id: 'NodeGone' });

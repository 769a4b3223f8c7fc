import { hasEnded } from '@viaduct/domain';
import type { JobRow, Task } from './types.ts';
import { formatCount } from './format.ts';
import { images } from './words/count.ts';

/** The segments of a bar, in images (in studies while no image is known), and the numbers as text. */
export interface Progress {
  readonly total: number;
  readonly done: number;
  readonly failed: number;
  readonly running: number;
  readonly text: string;
}

type Counts = JobRow['instances'];

function textOf(counts: Counts, ended: boolean): string {
  if (counts.expected === 0) return ended ? 'no images' : 'no images known yet';
  const text = `${formatCount(counts.verified)} of ${images(counts.expected)}`;
  return counts.failed > 0 ? `${text} · ${formatCount(counts.failed)} failed` : text;
}

/** How far a task has come. */
export function progressOfTask(task: Pick<Task, 'instances' | 'state'>): Progress {
  const { expected, retrieved, verified, failed } = task.instances;
  return {
    total: expected,
    done: verified,
    failed,
    running: Math.max(0, retrieved - verified),
    text: textOf(task.instances, hasEnded(task.state)),
  };
}

/**
 * How far a job has come. Studies that have not begun have no images yet: the bar takes them to be as large as
 * the others are on average, the text counts what is known.
 */
export function progressOfJob(job: Pick<JobRow, 'instances' | 'tasks'>): Progress {
  const { expected, retrieved, verified, failed } = job.instances;
  const { pending, running, paused, success, warning, failure } = job.tasks;
  const text = textOf(job.instances, pending + running + paused === 0);
  if (expected === 0) return { total: job.tasks.total, done: success + warning, failed: failure, running, text };
  const known = job.tasks.total - pending;
  const total = known > 0 ? Math.round((expected * job.tasks.total) / known) : expected;
  return { total, done: verified, failed, running: Math.max(0, retrieved - verified), text };
}

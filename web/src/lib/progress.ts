import type { JobRow, Task } from './types.ts';
import { formatCount } from './format.ts';
import { images } from './words/count.ts';

/** The segments of a bar, in images, and the numbers as text. */
export interface Progress {
  readonly total: number;
  readonly done: number;
  readonly failed: number;
  readonly running: number;
  readonly text: string;
}

type Counts = JobRow['instances'];

function textOf(counts: Counts): string {
  if (counts.expected === 0) return 'no images known yet';
  const text = `${formatCount(counts.verified)} of ${images(counts.expected)}`;
  return counts.failed > 0 ? `${text} · ${formatCount(counts.failed)} failed` : text;
}

/** How far a task has come. */
export function progressOfTask(task: Pick<Task, 'instances'>): Progress {
  const { expected, retrieved, verified, failed } = task.instances;
  return {
    total: expected,
    done: verified,
    failed,
    running: Math.max(0, retrieved - verified),
    text: textOf(task.instances),
  };
}

/**
 * How far a job has come. Studies that have not begun have no images yet: the bar takes them to be as large as
 * the others are on average, the text counts what is known.
 */
export function progressOfJob(job: Pick<JobRow, 'instances' | 'tasks'>): Progress {
  const { expected, retrieved, verified, failed } = job.instances;
  const known = job.tasks.total - job.tasks.pending;
  const total = known > 0 ? Math.round((expected * job.tasks.total) / known) : expected;
  return { total, done: verified, failed, running: Math.max(0, retrieved - verified), text: textOf(job.instances) };
}

import { hasEnded, type JobState } from '@viaduct/domain';
import type { JobRow, Task } from './types.ts';
import { formatCount } from './format.ts';
import { images } from './words/count.ts';

/** The segments of a bar, in images (in studies while no image is known), and the numbers as text. */
export interface Progress {
  readonly total: number;
  readonly done: number;
  /** Done with remarks. */
  readonly warning: number;
  readonly failed: number;
  readonly running: number;
  readonly text: string;
}

/** Whether a job or task is being worked on; the time of others rests. */
export const isUnderWay = (state: JobState): boolean =>
  state === 'running' || state === 'pausing' || state === 'canceling';

function textOf(verified: number, total: number, failed: number, ended: boolean): string {
  if (total === 0) return ended ? 'no images' : 'no images known yet';
  const text = `${formatCount(verified)} of ${images(total)}`;
  return failed > 0 ? `${text} · ${formatCount(failed)} failed` : text;
}

/** How far a task has come. What its source has counted without naming it belongs to it, too. */
export function progressOfTask({
  instances,
  shortfall,
  state,
}: Pick<Task, 'instances' | 'shortfall' | 'state'>): Progress {
  const { expected, retrieved, verified, failed } = instances;
  const total = expected + shortfall;
  const done = state === 'warning' ? { done: 0, warning: verified } : { done: verified, warning: 0 };
  return {
    ...done,
    // A study may fail before any of its images is known: its bar is red all the same.
    total: Math.max(total, state === 'failure' ? 1 : 0),
    failed: state === 'failure' ? Math.max(1, total - verified) : failed,
    running: isUnderWay(state) ? Math.max(0, retrieved - verified) : 0,
    text: textOf(verified, total, failed, hasEnded(state)),
  };
}

/**
 * How far a job has come. Studies that have not begun, and those that failed before their images were known, have none:
 * the bar takes them to be as large as the others are on average, the text counts what is known.
 */
export function progressOfJob({ instances, tasks }: Pick<JobRow, 'instances' | 'tasks'>): Progress {
  const { expected, retrieved, verified, failed } = instances;
  const { pending, running, paused, success, warning, failure, total } = tasks;
  const text = textOf(verified, expected, failed, pending + running + paused === 0);
  if (expected === 0) return { total, done: success, warning, failed: failure, running, text };
  const unknown = pending + (failed === 0 ? failure : 0);
  const average = expected / Math.max(1, total - unknown);
  const remarks = warning > 0 ? Math.round((verified * warning) / (success + warning)) : 0;
  return {
    total: Math.round(average * total),
    done: verified - remarks,
    warning: remarks,
    failed: failed > 0 ? failed : Math.round(average * failure),
    running: running > 0 ? Math.max(0, retrieved - verified) : 0,
    text,
  };
}

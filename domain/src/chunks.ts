/** Events that a chunk workflow may write before its history is continued as new; the server suggests it at 4,096. */
const EVENT_BUDGET = 4_000;
/** Worst case of a task: find, plan and verify, and the four steps of each part. */
const EVENTS_PER_TASK = 18;
const EVENTS_PER_PART = 24;
const SMALLEST_CHUNK = 20;
const LARGEST_CHUNK = 95;

/** Tasks of one chunk workflow when a task has about `parts` parts; without knowledge, one each. */
export function chunkSize(parts = 1): number {
  const fitting = Math.floor(EVENT_BUDGET / (EVENTS_PER_TASK + EVENTS_PER_PART * parts));
  return Math.min(Math.max(fitting, SMALLEST_CHUNK), LARGEST_CHUNK);
}

/** Chunks of a job that run at the same time, so that the tail of one overlaps the next. */
export const MAX_ACTIVE_CHUNKS = 3;
const FEWEST_TASKS = 4;
const MOST_TASKS = 60;

/**
 * Tasks that run at once in one chunk. `associations` is the sum of the limits of all servers the job involves; twice
 * as many tasks keep a backlog waiting for admission, which is where urgency decides.
 */
export function chunkWindow(associations: number): number {
  const tasks = Math.min(Math.max(2 * associations, FEWEST_TASKS), MOST_TASKS);
  return Math.ceil(tasks / MAX_ACTIVE_CHUNKS);
}

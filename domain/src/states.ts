/** What a job can be (product words); `waiting` always carries a reason. */
export const JOB_STATES = [
  'pending',
  'waiting',
  'running',
  'pausing',
  'paused',
  'canceling',
  'canceled',
  'success',
  'warning',
  'failure',
] as const;
export type JobState = (typeof JOB_STATES)[number];

/** What a task can be. `success` only when every expected instance is verified at the destination. */
export const TASK_STATES = JOB_STATES;
export type TaskState = JobState;

/** States nothing runs or waits in any more; a person may start from here again. */
export const ENDED_STATES = ['canceled', 'success', 'warning', 'failure'] as const satisfies readonly JobState[];

/** Whether a job or task has come to an end. */
export function hasEnded(state: JobState): boolean {
  return (ENDED_STATES as readonly JobState[]).includes(state);
}

import type { JobState } from './states.ts';

/** What people can ask of a job or a task. */
export const ACTIONS = ['pause', 'resume', 'cancel', 'retry-failed'] as const;
export type Action = (typeof ACTIONS)[number];

/** `interrupt` stops at the next instance, `drain` finishes the parts that run. */
export type PauseMode = 'interrupt' | 'drain';

const ALLOWED: Readonly<Record<JobState, readonly Action[]>> = {
  pending: ['pause', 'cancel'],
  waiting: ['pause', 'cancel', 'retry-failed'],
  running: ['pause', 'cancel', 'retry-failed'],
  pausing: ['pause', 'resume', 'cancel'],
  paused: ['resume', 'cancel'],
  canceling: [],
  canceled: ['retry-failed'],
  success: [],
  warning: ['retry-failed'],
  failure: ['retry-failed'],
};

/** Facts that decide which actions make sense. `failed` counts failed (and canceled) tasks. */
export interface Actionable {
  readonly state: JobState;
  readonly failed: number;
}

/** The actions that make sense now. A task counts itself in `failed` when it failed or was canceled. */
export function actionsFor({ state, failed }: Actionable): Action[] {
  return ALLOWED[state].filter((action) => action !== 'retry-failed' || failed > 0);
}

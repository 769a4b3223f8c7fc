import type { JobState } from './states.ts';

/** What people can ask of a job or of tasks, and its workflow does. */
export const ACTIONS = [
  'pause',
  'resume',
  'cancel',
  'retry-failed',
  'retry-warnings',
  'restart',
  'set-priority',
  'set-schedule',
] as const;
export type Action = (typeof ACTIONS)[number];

/** What people can do with a whole job beside it. `force-end` needs the permission to operate. */
export const JOB_ACTIONS = [...ACTIONS, 'force-end', 'clone', 'delete'] as const;
export type JobAction = (typeof JOB_ACTIONS)[number];

/** `interrupt` stops at the next instance, `drain` finishes the parts that run. */
export type PauseMode = 'interrupt' | 'drain';

/** Which ended tasks begin again: failed and canceled ones, those with warnings, or all of them from the start. */
export type Requeue = 'failed' | 'warnings' | 'all';

/** Which tasks an action that begins ended tasks again is about; undefined for the others. */
export function requeueOf(action: Action): Requeue | undefined {
  switch (action) {
    case 'retry-failed':
      return 'failed';
    case 'retry-warnings':
      return 'warnings';
    case 'restart':
      return 'all';
    default:
      return undefined;
  }
}

const RETRIES = ['retry-failed', 'retry-warnings'] as const;
const STEERING = ['set-priority', 'set-schedule'] as const;

const ALLOWED: Readonly<Record<JobState, readonly JobAction[]>> = {
  pending: ['pause', 'cancel', ...STEERING, 'force-end', 'clone'],
  waiting: ['pause', 'cancel', ...RETRIES, ...STEERING, 'force-end', 'clone'],
  running: ['pause', 'cancel', ...RETRIES, ...STEERING, 'force-end', 'clone'],
  pausing: ['pause', 'resume', 'cancel', ...STEERING, 'force-end', 'clone'],
  paused: ['resume', 'cancel', ...RETRIES, ...STEERING, 'force-end', 'clone'],
  canceling: ['force-end', 'clone'],
  canceled: ['retry-failed', 'retry-warnings', 'restart', 'clone', 'delete'],
  success: ['restart', 'clone', 'delete'],
  warning: ['retry-failed', 'retry-warnings', 'restart', 'clone', 'delete'],
  failure: ['retry-failed', 'retry-warnings', 'restart', 'clone', 'delete'],
};

/** Facts that decide which actions make sense. A task counts itself. */
export interface Actionable {
  readonly state: JobState;
  /** Failed and canceled tasks. */
  readonly failed: number;
  /** Tasks that ended with warnings. */
  readonly warnings: number;
  /** Tasks that were paused one by one. */
  readonly paused: number;
}

/** The actions on a whole job that make sense now. */
export function jobActionsFor({ state, failed, warnings, paused }: Actionable): JobAction[] {
  const actions = ALLOWED[state].filter((action) => {
    if (action === 'retry-failed') return failed > 0;
    if (action === 'retry-warnings') return warnings > 0;
    return true;
  });
  return paused > 0 && !actions.includes('resume') && (state === 'running' || state === 'waiting')
    ? ['resume', ...actions]
    : actions;
}

const OF_TASKS = ['pause', 'resume', 'cancel', 'retry-failed', 'retry-warnings', 'restart'] as const;
/** What can be asked of single tasks. */
export type TaskAction = (typeof OF_TASKS)[number];

/** The actions on one task that make sense in its state. */
export function taskActionsFor(state: JobState): TaskAction[] {
  const failed = state === 'failure' || state === 'canceled' ? 1 : 0;
  const allowed = jobActionsFor({ state, failed, warnings: state === 'warning' ? 1 : 0, paused: 0 });
  return OF_TASKS.filter((action) => allowed.includes(action));
}

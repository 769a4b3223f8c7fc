import type { InstanceState, JobState } from '@viaduct/domain';
import type { Wait } from '../types.ts';

/** How a state looks: its word, its colour, its icon. `…` ends a word whose state is passing. */
export interface StateLook {
  readonly word: string;
  readonly tone: 'grey' | 'accent' | 'hold' | 'ask' | 'good' | 'remark' | 'bad';
  readonly icon: 'pencil' | 'clock' | 'run' | 'pause' | 'hand' | 'check' | 'check-dot' | 'cross' | 'slash' | 'eye';
}

/** Jobs and tasks. */
export const states: Readonly<Record<JobState, StateLook>> = {
  pending: { word: 'Waiting', tone: 'grey', icon: 'clock' },
  waiting: { word: 'Waiting', tone: 'grey', icon: 'clock' },
  running: { word: 'Running', tone: 'accent', icon: 'run' },
  pausing: { word: 'Pausing …', tone: 'hold', icon: 'pause' },
  paused: { word: 'Paused', tone: 'hold', icon: 'pause' },
  canceling: { word: 'Canceling …', tone: 'grey', icon: 'slash' },
  canceled: { word: 'Canceled', tone: 'grey', icon: 'slash' },
  success: { word: 'Done', tone: 'good', icon: 'check' },
  warning: { word: 'Done with warnings', tone: 'remark', icon: 'check-dot' },
  failure: { word: 'Failed', tone: 'bad', icon: 'cross' },
};

/** What waits until a person has looked at it or decided. */
const asks: StateLook = { word: 'Needs you', tone: 'ask', icon: 'hand' };

/** How a job or task looks: what only a person can move on asks for one. */
export function lookOf(state: JobState, wait: Pick<Wait, 'kind'> | null | undefined): StateLook {
  return wait?.kind === 'review' && (state === 'pending' || state === 'waiting') ? asks : states[state];
}

/** The rows of a ledger. */
export const instanceStates: Readonly<Record<InstanceState, StateLook>> = {
  expected: { word: 'Expected', tone: 'grey', icon: 'clock' },
  excluded: { word: 'Left out', tone: 'grey', icon: 'slash' },
  retrieved: { word: 'Retrieved', tone: 'accent', icon: 'run' },
  held: asks,
  pseudonymized: { word: 'Pseudonymized', tone: 'accent', icon: 'run' },
  quarantined: { word: 'Quarantined', tone: 'bad', icon: 'cross' },
  stored: { word: 'Stored', tone: 'accent', icon: 'run' },
  coerced: { word: 'Stored, changed', tone: 'remark', icon: 'check-dot' },
  verified: { word: 'Verified', tone: 'good', icon: 'check' },
  missing: { word: 'Missing', tone: 'bad', icon: 'cross' },
  failed: { word: 'Failed', tone: 'bad', icon: 'cross' },
};

/** The steps of a task, in the order in which they begin. */
export const steps: Readonly<Record<string, string>> = {
  find: 'Find',
  plan: 'Plan',
  admit: 'Wait for its turn',
  retrieve: 'Retrieve',
  pseudonymize: 'Pseudonymize',
  store: 'Store',
  verify: 'Verify',
};

/** How an attempt of a step ended. */
export const outcomes = { running: 'running', done: 'done', canceled: 'stopped', failed: 'failed' } as const;

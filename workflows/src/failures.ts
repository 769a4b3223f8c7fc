import { isCause, type Cause } from '@viaduct/domain';
import { ActivityFailure, ApplicationFailure, RetryState, TimeoutFailure, TimeoutType } from '@temporalio/common';
import type { CauseFacts } from './contract/index.ts';

/** Why something failed finally, in the words that the database keeps. */
export interface FailureReason {
  readonly cause: Cause;
  readonly facts?: CauseFacts;
}

/** Reads cause and facts from what an activity threw (`ApplicationFailure`: type = cause, first detail = facts). */
export function reasonOf(error: unknown): FailureReason {
  for (let at = error; at instanceof Error; at = at.cause) {
    if (at instanceof ApplicationFailure && isCause(at.type))
      return { cause: at.type, facts: factsOf(at.details?.[0]) };
  }
  return { cause: ranOutOfTime(error) ? 'host-lost' : 'internal' };
}

/** Whether a step ended because its deadline has come: a stop, not a failure. */
export function isWindowClosed(error: unknown): boolean {
  return reasonOf(error).cause === 'window-closed';
}

/**
 * Whether an activity of a host ended because nobody served its queue in time, or because its time was over with
 * attempts still open. Both say nothing about the part itself: it is planned again.
 */
export function ranOutOfTime(error: unknown): boolean {
  if (!(error instanceof ActivityFailure)) return false;
  if (error.retryState === RetryState.TIMEOUT) return true;
  const type = error.cause instanceof TimeoutFailure ? error.cause.timeoutType : undefined;
  return type === TimeoutType.SCHEDULE_TO_START || type === TimeoutType.SCHEDULE_TO_CLOSE;
}

function factsOf(detail: unknown): CauseFacts | undefined {
  if (typeof detail !== 'object' || detail === null) return undefined;
  const facts = Object.entries(detail).filter(([, value]) => typeof value === 'string' || typeof value === 'number');
  return Object.fromEntries(facts);
}

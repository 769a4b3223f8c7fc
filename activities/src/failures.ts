import { ApplicationFailure, ApplicationFailureCategory, CancelledFailure } from '@temporalio/common';
import { isCause, retryDelay, type Cause, type RetryLimits } from '@viaduct/domain';
import type { CauseFacts } from '@viaduct/workflows/contract';

/** A step that cannot go on, with a cause of its own making. The message never contains anything about a patient. */
export class StepError extends Error {
  override readonly name = 'StepError';
  readonly reason: Cause;
  readonly facts: CauseFacts;

  constructor(reason: Cause, facts: CauseFacts = {}) {
    super(reason);
    this.reason = reason;
    this.facts = facts;
  }
}

/** Why a step failed, in the words of the domain. */
export interface FailureFacts {
  readonly cause: Cause;
  readonly facts: CauseFacts;
}

const BY_CODE: Readonly<Record<string, Cause>> = { ENOSPC: 'spool-full', EDQUOT: 'spool-full' };

/**
 * The cause of an error of any room: errors with a closed `reason` say it themselves, a broken file is a broken
 * instance, a full disk of our own is the spool. Everything else is `internal`.
 */
export function causeOf(error: unknown): FailureFacts {
  if (!(error instanceof Error)) return { cause: 'internal', facts: {} };
  const { reason, facts, code } = error as Error & { reason?: unknown; facts?: CauseFacts; code?: unknown };
  if (isCause(reason)) return { cause: reason, facts: facts ?? {} };
  if (error.name === 'Part10Error') return { cause: 'instance-broken', facts: { reason: String(reason) } };
  const cause = typeof code === 'string' ? BY_CODE[code] : undefined;
  return { cause: cause ?? 'internal', facts: {} };
}

/**
 * What an activity throws: `type` is the cause (in clear, from a closed list), the facts are its details. The delay until
 * the next attempt comes from the domain's policy.
 * @param attempt failed attempts without progress so far, this one included
 */
export function toFailure(error: unknown, attempt: number, limits: RetryLimits): ApplicationFailure {
  const { cause, facts } = causeOf(error);
  const nextRetryDelay = retryDelay(cause, attempt, limits);
  return ApplicationFailure.create({
    message: cause,
    type: cause,
    details: [facts],
    nonRetryable: nextRetryDelay === undefined,
    nextRetryDelay,
    category: cause === 'internal' ? undefined : ApplicationFailureCategory.BENIGN,
  });
}

/** Whether an error is the end that somebody asked for: our own signal, or the protocol's word for it. */
export function isCancellation(error: unknown, signal: AbortSignal): boolean {
  if (error instanceof CancelledFailure) return true;
  if (!signal.aborted) return false;
  return error === signal.reason || (error instanceof Error && error.name === 'AbortError') || isCanceled(error);
}

function isCanceled(error: unknown): boolean {
  return error instanceof Error && (error as Error & { reason?: unknown }).reason === 'canceled';
}

import { CancelledFailure } from '@temporalio/common';
import { describe, expect, it } from 'vitest';
import { causeOf, isCancellation, StepError, toFailure } from './failures.ts';

const limits = { maxAttempts: 3, initialDelayMs: 1_000, maxDelayMs: 60_000 };

describe('failures', () => {
  it('carries cause and facts, and the delay of the policy', () => {
    const failure = toFailure(new StepError('silent-peer', { waitedMs: 30_000 }), 2, limits);
    expect(failure).toMatchObject({
      type: 'silent-peer',
      details: [{ waitedMs: 30_000 }],
      nextRetryDelay: 2_000,
      nonRetryable: false,
    });
  });

  it('gives up on causes that never change by themselves, and after the last attempt', () => {
    expect(toFailure(new StepError('study-unknown'), 1, limits).nonRetryable).toBe(true);
    expect(toFailure(new StepError('silent-peer'), 3, limits).nonRetryable).toBe(true);
    expect(toFailure(new StepError('disk-full'), 30, limits).nonRetryable).toBe(false);
  });

  it('does not repeat the message of an unknown error', () => {
    const failure = toFailure(new Error('Doe^Jane'), 1, limits);
    expect(failure.type).toBe('internal');
    expect(JSON.stringify({ ...failure, message: failure.message })).not.toContain('Doe');
  });

  it('sees a full spool in the error of the system', () => {
    expect(causeOf(Object.assign(new Error('write'), { code: 'ENOSPC' })).cause).toBe('spool-full');
  });

  it('tells an end that was asked for from a failure', () => {
    const controller = new AbortController();
    expect(isCancellation(new StepError('canceled'), controller.signal)).toBe(false);
    controller.abort();
    expect(isCancellation(new StepError('canceled'), controller.signal)).toBe(true);
    expect(isCancellation(new StepError('silent-peer'), controller.signal)).toBe(false);
    expect(isCancellation(new CancelledFailure('CANCELLED'), controller.signal)).toBe(true);
  });
});

import type { Schedule } from '@viaduct/domain';
import type pg from 'pg';
import type { CreatedJob } from './jobs.ts';
import type { OutboxMessage } from './outbox.ts';
import type { RunRef } from './refs.ts';

/** A new job with the tasks of another one. What is left out of `changes` is as it is there. */
export interface JobClone {
  /** The job whose tasks are taken. */
  readonly jobId: string;
  readonly ownerId: string;
  readonly idempotencyKey: string;
  readonly changes?: {
    readonly title?: string;
    readonly projectId?: string;
    readonly destinationId?: string;
    readonly pseudonymize?: boolean;
    /** One pseudonym for every task; else those of the tasks are kept while the project stays the same. */
    readonly pseudonym?: string | null;
    readonly trialId?: string;
    readonly trialName?: string;
    readonly urgent?: boolean;
    readonly schedule?: Schedule | null;
  };
}

/**
 * Enters a job with the tasks of another one, its first run and the message that starts it, in one transaction.
 * The same key of the same owner gives the same job. Throws RequestRefused `job-unknown`.
 */
export async function cloneJob(
  pool: pg.Pool,
  clone: JobClone,
  startOf: (run: RunRef) => OutboxMessage,
): Promise<CreatedJob> {
  void pool;
  void clone;
  void startOf;
  throw new Error('not yet');
}

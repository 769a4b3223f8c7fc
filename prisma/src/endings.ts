import type pg from 'pg';
import type { OutboxMessage } from './outbox.ts';
import type { RunRef } from './refs.ts';

/** A workflow that a force-end terminates; `chunkNo` null: the job's own. */
export interface TerminateFacts extends RunRef {
  readonly requestId: string;
  readonly chunkNo: number | null;
}

/**
 * Ends a job that hangs, without asking its workflow: the run is canceled here, its open tasks with it, the association
 * slots of the job are free, and its workflows are terminated. The ledger stays as it is. The request is kept as applied.
 * Throws RequestRefused when the job has ended or is unknown.
 * @param messageOf makes the message (kind `terminate`) for the job's workflow and for each chunk that holds open tasks
 */
export async function forceEnd(
  pool: pg.Pool,
  request: { readonly jobId: string; readonly userId: string },
  messageOf: (facts: TerminateFacts) => OutboxMessage,
): Promise<{ id: string; runNo: number }> {
  void pool;
  void request;
  void messageOf;
  throw new Error('not yet');
}

/** Hides a job for good; its ledger stays. Throws RequestRefused when the job has not ended or is unknown. */
export async function deleteJob(pool: pg.Pool, jobId: string): Promise<void> {
  void pool;
  void jobId;
  throw new Error('not yet');
}

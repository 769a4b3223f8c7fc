import type pg from 'pg';
import type { Queryable } from './database.ts';
import { jobNow } from './newRequests.ts';
import { enqueueAll } from './outbox.ts';
import type { OutboxMessage } from './outbox.ts';
import type { RunRef } from './refs.ts';
import { jobRefusal, RequestRefused } from './refusal.ts';
import { closeRun } from './runs.ts';
import { releaseJob } from './slots.ts';
import { OPEN } from './taskStates.ts';
import { jobLock, transaction } from './transaction.ts';
import { uuidv7 } from './uuid.ts';

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
  { jobId, userId }: { readonly jobId: string; readonly userId: string },
  messageOf: (facts: TerminateFacts) => OutboxMessage,
): Promise<{ id: string; runNo: number }> {
  return transaction(
    pool,
    async (client) => {
      const job = await jobNow(client, jobId);
      const refusal = jobRefusal('force-end', job);
      if (refusal) throw new RequestRefused(refusal);
      const run = { jobId, runNo: job.runNo };
      const id = uuidv7();
      const chunks = await openChunks(client, run);
      const changed = await closeRun(client, run, true);
      await releaseJob(client, jobId);
      await client.query(
        `INSERT INTO request (id, job_id, user_id, run_no, action, state, changed, settled_at)
         VALUES ($1, $2, $3, $4, 'force-end', 'applied', $5, now())`,
        [id, jobId, userId, job.runNo, changed],
      );
      // The job first, so that it starts no further chunk and does not take those that follow for lost.
      const messages = [null, ...chunks].map((chunkNo) => messageOf({ ...run, requestId: id, chunkNo }));
      await enqueueAll(client, messages);
      return { id, runNo: job.runNo };
    },
    { lock: jobLock(jobId) },
  );
}

async function openChunks(client: Queryable, { jobId, runNo }: RunRef): Promise<number[]> {
  const { rows } = await client.query<{ chunkNo: number }>(
    `SELECT DISTINCT chunk_no AS "chunkNo" FROM task
     WHERE job_id = $1 AND run_no = $2 AND chunk_no IS NOT NULL AND state IN ${OPEN} ORDER BY chunk_no`,
    [jobId, runNo],
  );
  return rows.map(({ chunkNo }) => chunkNo);
}

/** Hides a job for good; its ledger stays. Throws RequestRefused when the job has not ended or is unknown. */
export async function deleteJob(pool: pg.Pool, jobId: string): Promise<void> {
  await transaction(
    pool,
    async (client) => {
      const refusal = jobRefusal('delete', await jobNow(client, jobId));
      if (refusal) throw new RequestRefused(refusal);
      await client.query('UPDATE job SET deleted_at = now() WHERE id = $1', [jobId]);
    },
    { lock: jobLock(jobId) },
  );
}

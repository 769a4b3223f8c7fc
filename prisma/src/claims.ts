import type pg from 'pg';
import type { Queryable } from './database.ts';
import type { RunRef } from './refs.ts';
import { countWaiting } from './requeue.ts';
import { closeRun, currentRun } from './runs.ts';
import { settleTaskRequests } from './settleRequests.ts';
import type { SettledTask } from './settleRequests.ts';
import { OPEN } from './taskStates.ts';
import { jobLock, transaction } from './transaction.ts';

/** A task as its chunk needs it. */
export interface ClaimedTask {
  readonly taskNo: number;
  readonly sourceId: string;
  readonly destinationId: string;
  readonly pseudonymize: boolean;
  /** All its expected instances are in the ledger: the source need not be asked for them again. */
  readonly found: boolean;
}

/** Which chunk claims how many tasks; none whose source or destination is among `closedNodes`. */
export interface ChunkClaim extends RunRef {
  readonly chunkNo: number;
  readonly size: number;
  /** Ids of nodes that must not be worked with now. */
  readonly closedNodes?: readonly string[];
  /** Ends the run as completed when nothing is claimed and nothing is open. */
  readonly mayEnd?: boolean;
}

/** What a chunk got. */
export interface ChunkClaimed {
  readonly tasks: ClaimedTask[];
  readonly open: number;
  /** The run is over. */
  readonly ended: boolean;
}

/**
 * Claims the next pending tasks for a chunk that wait for no review, in the order of their numbers. The same chunk asked again gets the same
 * tasks. `open` counts the tasks of the run that are pending and unclaimed, also those of closed nodes, or paused: while
 * there are any, the job is not over. Size 0 claims nothing.
 */
export async function claimChunk(pool: pg.Pool, input: ChunkClaim): Promise<ChunkClaimed> {
  return transaction(
    pool,
    async (client) => {
      const run = await currentRun(client, input);
      if (run?.state !== 'running') return { tasks: [], open: 0, ended: true };
      const again = await claimedBy(client, input);
      if (again.length === 0) await claimNext(client, input);
      const tasks = again.length === 0 ? await claimedBy(client, input) : again;
      const open = await countOpen(client, input);
      const ended = input.mayEnd === true && tasks.length === 0 && open === 0;
      if (ended) await closeRun(client, input, false);
      return { tasks, open, ended };
    },
    { lock: jobLock(input.jobId) },
  );
}

async function claimedBy(client: Queryable, input: RunRef & { readonly chunkNo: number }): Promise<ClaimedTask[]> {
  const { rows } = await client.query<ClaimedTask>(
    `SELECT t.task_no AS "taskNo", t.source_id AS "sourceId", t.destination_id AS "destinationId", j.pseudonymize,
       t.shortfall = 0 AND t.instances_expected > 0 AND t.started_at IS NOT NULL AS found
     FROM task AS t JOIN job AS j ON j.id = t.job_id
     WHERE t.job_id = $1 AND t.run_no = $2 AND t.chunk_no = $3 AND t.state IN ${OPEN} ORDER BY t.task_no`,
    [input.jobId, input.runNo, input.chunkNo],
  );
  return rows;
}

async function claimNext(client: Queryable, input: ChunkClaim): Promise<void> {
  await client.query(
    `UPDATE task SET chunk_no = $3 WHERE id IN (
       SELECT id FROM task WHERE job_id = $1 AND run_no = $2 AND state = 'pending' AND chunk_no IS NULL
         AND wait ->> 'kind' IS DISTINCT FROM 'review' AND NOT source_id = ANY ($5) AND NOT destination_id = ANY ($5)
       ORDER BY task_no LIMIT $4)`,
    [input.jobId, input.runNo, input.chunkNo, input.size, input.closedNodes ?? []],
  );
}

async function countOpen(client: Queryable, run: RunRef): Promise<number> {
  const { unclaimed, paused } = await countWaiting(client, run);
  return unclaimed + paused;
}

/**
 * Gives what a chunk has claimed and not ended back, as somebody may have wanted it: paused, canceled, else pending; or
 * cancels all of it.
 */
export async function releaseChunk(
  pool: pg.Pool,
  input: RunRef & { readonly chunkNo: number; readonly to: 'pending' | 'canceled' },
): Promise<void> {
  await transaction(
    pool,
    async (client) => {
      const { rows } = await client.query<SettledTask>(
        `WITH left_over AS (
           SELECT id, CASE WHEN $4 = 'canceled' OR wanted = 'cancel' THEN 'canceled'
             WHEN wanted = 'pause' THEN 'paused' ELSE 'pending' END AS state
           FROM task WHERE job_id = $1 AND run_no = $2 AND chunk_no = $3
             AND state IN ${OPEN})
         UPDATE task SET state = left_over.state, chunk_no = NULL, wanted = NULL, wait = NULL,
           ended_at = CASE WHEN left_over.state = 'canceled' THEN now() END
         FROM left_over WHERE task.id = left_over.id RETURNING task.task_no AS "taskNo", task.state`,
        [input.jobId, input.runNo, input.chunkNo, input.to],
      );
      await settleTaskRequests(client, input.jobId, rows);
    },
    { lock: jobLock(input.jobId) },
  );
}

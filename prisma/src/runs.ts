import type pg from 'pg';
import type { Queryable } from './database.ts';
import type { RunRef } from './refs.ts';
import { requeueEnded } from './requeue.ts';
import { settleTaskRequests } from './tasks.ts';
import { jobLock, transaction } from './transaction.ts';

/** What `beginRun` found; the numbers are what sizes of chunks and windows are made from. */
export interface RunStart {
  /** `ended`: this run is over, or a later one has taken its place. */
  readonly state: 'running' | 'ended';
  /** Tasks that have not ended. */
  readonly tasks: number;
  /** Sum of the association limits of all servers that the tasks involve. */
  readonly associations: number;
}

/**
 * Marks a run as running. The first time, a run after the first puts the tasks it is about back to pending: those of
 * `job_run.task_nos`, else every failed or canceled one, and takes over whatever an earlier run left unfinished.
 */
export async function beginRun(pool: pg.Pool, run: RunRef): Promise<RunStart> {
  return transaction(
    pool,
    async (client) => {
      const current = await currentRun(client, run);
      if (!current || current.state === 'ended') return { state: 'ended', tasks: 0, associations: 0 } as const;
      if (current.state === 'requested') {
        if (run.runNo > 1) {
          await requeueEnded(client, run, current.taskNos.length > 0 ? current.taskNos : null);
          await adoptUnfinished(client, run);
        }
        await startRun(client, run);
      }
      return { state: 'running', ...(await sizeOf(client, run)) } as const;
    },
    { lock: jobLock(run.jobId) },
  );
}

interface CurrentRun {
  readonly state: 'requested' | 'running' | 'ended';
  readonly taskNos: number[];
}

/** The row of a run, or null when it is not the latest of its job. To be called under the lock of the job. */
export async function currentRun(client: Queryable, { jobId, runNo }: RunRef): Promise<CurrentRun | null> {
  const { rows } = await client.query<CurrentRun>(
    `SELECT r.state, r.task_nos AS "taskNos" FROM job AS j JOIN job_run AS r ON r.job_id = j.id AND r.run_no = j.run_no
     WHERE j.id = $1 AND j.run_no = $2`,
    [jobId, runNo],
  );
  return rows[0] ?? null;
}

async function adoptUnfinished(client: Queryable, { jobId, runNo }: RunRef): Promise<void> {
  await client.query(
    `UPDATE task SET run_no = $2, chunk_no = NULL, wanted = NULL, wait = NULL,
       state = CASE WHEN state = 'paused' THEN state ELSE 'pending' END
     WHERE job_id = $1 AND run_no < $2 AND state NOT IN ('canceled', 'success', 'warning', 'failure')`,
    [jobId, runNo],
  );
}

async function startRun(client: Queryable, { jobId, runNo }: RunRef): Promise<void> {
  await client.query(
    `UPDATE job SET control = 'run', started_at = coalesce(started_at, now()), ended_at = NULL WHERE id = $1`,
    [jobId],
  );
  await client.query(`UPDATE job_run SET state = 'running', started_at = now() WHERE job_id = $1 AND run_no = $2`, [
    jobId,
    runNo,
  ]);
  await client.query(
    `UPDATE request SET state = 'applied', settled_at = now()
     WHERE job_id = $1 AND run_no = $2 AND action = 'retry-failed' AND state = 'taken'`,
    [jobId, runNo],
  );
}

async function sizeOf(client: Queryable, { jobId }: RunRef): Promise<{ tasks: number; associations: number }> {
  const { rows } = await client.query<{ tasks: number; associations: number }>(
    `WITH open AS MATERIALIZED (
       SELECT source_id, destination_id FROM task
       WHERE job_id = $1 AND state NOT IN ('canceled', 'success', 'warning', 'failure'))
     SELECT (SELECT count(*)::int FROM open) AS tasks,
       (SELECT coalesce(sum(max_associations), 0)::int FROM node
        WHERE kind = 'server' AND id IN (SELECT source_id FROM open UNION SELECT destination_id FROM open)) AS associations`,
    [jobId],
  );
  return rows[0] ?? { tasks: 0, associations: 0 };
}

/** A task as its chunk needs it. */
export interface ClaimedTask {
  readonly taskNo: number;
  readonly sourceId: string;
  readonly destinationId: string;
  readonly pseudonymize: boolean;
  /** All its expected instances are in the ledger: the source need not be asked for them again. */
  readonly found: boolean;
}

/**
 * Claims the next pending tasks for a chunk, in the order of their numbers. The same chunk asked again gets the same
 * tasks. `open` counts the tasks of the run that are pending and unclaimed, or paused: while there are any, the job
 * is not over. Size 0 claims nothing.
 */
export async function claimChunk(
  pool: pg.Pool,
  input: RunRef & { readonly chunkNo: number; readonly size: number },
): Promise<{ tasks: ClaimedTask[]; open: number }> {
  return transaction(
    pool,
    async (client) => {
      const run = await currentRun(client, input);
      if (run?.state !== 'running') return { tasks: [], open: 0 };
      const again = await claimedBy(client, input);
      if (again.length === 0) await claimNext(client, input);
      const tasks = again.length === 0 ? await claimedBy(client, input) : again;
      return { tasks, open: await countOpen(client, input) };
    },
    { lock: jobLock(input.jobId) },
  );
}

async function claimedBy(client: Queryable, input: RunRef & { readonly chunkNo: number }): Promise<ClaimedTask[]> {
  const { rows } = await client.query<ClaimedTask>(
    `SELECT t.task_no AS "taskNo", t.source_id AS "sourceId", t.destination_id AS "destinationId", j.pseudonymize,
       t.shortfall = 0 AND t.instances_expected > 0 AS found
     FROM task AS t JOIN job AS j ON j.id = t.job_id
     WHERE t.job_id = $1 AND t.run_no = $2 AND t.chunk_no = $3 ORDER BY t.task_no`,
    [input.jobId, input.runNo, input.chunkNo],
  );
  return rows;
}

async function claimNext(
  client: Queryable,
  input: RunRef & { readonly chunkNo: number; readonly size: number },
): Promise<void> {
  await client.query(
    `UPDATE task SET chunk_no = $3 WHERE id IN (
       SELECT id FROM task WHERE job_id = $1 AND run_no = $2 AND state = 'pending' AND chunk_no IS NULL
       ORDER BY task_no LIMIT $4)`,
    [input.jobId, input.runNo, input.chunkNo, input.size],
  );
}

async function countOpen(client: Queryable, { jobId, runNo }: RunRef): Promise<number> {
  const { rows } = await client.query<{ open: number }>(
    `SELECT count(*)::int AS open FROM task WHERE job_id = $1 AND run_no = $2
       AND (state = 'paused' OR (state = 'pending' AND chunk_no IS NULL))`,
    [jobId, runNo],
  );
  return rows[0]?.open ?? 0;
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
      const { rows } = await client.query<{ id: string; state: string }>(
        `WITH left_over AS (
           SELECT id, CASE WHEN $4 = 'canceled' OR wanted = 'cancel' THEN 'canceled'
             WHEN wanted = 'pause' THEN 'paused' ELSE 'pending' END AS state
           FROM task WHERE job_id = $1 AND run_no = $2 AND chunk_no = $3
             AND state NOT IN ('canceled', 'success', 'warning', 'failure'))
         UPDATE task SET state = left_over.state, chunk_no = NULL, wanted = NULL, wait = NULL,
           ended_at = CASE WHEN left_over.state = 'canceled' THEN now() END
         FROM left_over WHERE task.id = left_over.id RETURNING task.id, task.state`,
        [input.jobId, input.runNo, input.chunkNo, input.to],
      );
      for (const { id, state } of rows) await settleTaskRequests(client, id, state);
    },
    { lock: jobLock(input.jobId) },
  );
}

/** Shows the job as canceling. */
export async function beginCancel(pool: pg.Pool, run: RunRef): Promise<void> {
  await transaction(
    pool,
    async (client) => {
      if ((await currentRun(client, run))?.state !== 'running') return;
      await client.query(`UPDATE job SET control = 'cancel', control_at = now() WHERE id = $1`, [run.jobId]);
    },
    { lock: jobLock(run.jobId) },
  );
}

/**
 * Ends a run. What has not ended is canceled with a canceled run; with a completed one it is a failure, since nobody
 * works on it any more. A cancel that found nothing left to cancel changes nothing about the outcome. Requests still
 * open are settled: a cancel as applied, others as refused.
 */
export async function endRun(
  pool: pg.Pool,
  input: RunRef & { readonly outcome: 'completed' | 'canceled' },
): Promise<void> {
  const canceled = input.outcome === 'canceled';
  await transaction(
    pool,
    async (client) => {
      const run = await currentRun(client, input);
      if (!run || run.state === 'ended') return;
      await client.query(
        `UPDATE task SET state = $2, cause = CASE WHEN $2 = 'failure' THEN coalesce(cause, 'internal') ELSE cause END,
           chunk_no = NULL, wanted = NULL, wait = NULL, ended_at = now()
         WHERE job_id = $1 AND state NOT IN ('canceled', 'success', 'warning', 'failure')`,
        [input.jobId, canceled ? 'canceled' : 'failure'],
      );
      await client.query(
        `UPDATE job SET control = CASE WHEN $2 AND tasks_canceled > 0 THEN 'cancel' ELSE 'run' END, ended_at = now()
         WHERE id = $1`,
        [input.jobId, canceled],
      );
      await client.query(`UPDATE job_run SET state = 'ended', ended_at = now() WHERE job_id = $1 AND run_no = $2`, [
        input.jobId,
        input.runNo,
      ]);
      await client.query(
        `UPDATE request SET settled_at = now(),
           state = CASE WHEN $3 AND action = 'cancel' THEN 'applied' ELSE 'refused' END,
           reason = CASE WHEN $3 AND action = 'cancel' THEN reason ELSE 'job-ended' END
         WHERE job_id = $1 AND run_no <= $2 AND state = 'taken'`,
        [input.jobId, input.runNo, canceled],
      );
    },
    { lock: jobLock(input.jobId) },
  );
}

import { ALWAYS } from '@viaduct/domain';
import type { Gates, Requeue } from '@viaduct/domain';
import type pg from 'pg';
import type { Queryable } from './database.ts';
import { readGates } from './gates.ts';
import type { RunRef } from './refs.ts';
import { ACTION_OF, requeueEnded } from './requeue.ts';
import { ENDED, OPEN } from './taskStates.ts';
import { jobLock, transaction } from './transaction.ts';

/** What `beginRun` found; the numbers are what sizes of chunks and windows are made from. */
export interface RunStart {
  /** `ended`: this run is over, or a later one has taken its place. */
  readonly state: 'running' | 'ended';
  /** Tasks that have not ended. */
  readonly tasks: number;
  /** Sum of the association limits of all servers that the tasks involve. */
  readonly associations: number;
  /** When the work may go on. */
  readonly gates: Gates;
  /** Somebody has asked something of the run that has not been answered, maybe not to begin. */
  readonly isAsked: boolean;
}

/** What is known of a run that is over. */
const OVER: RunStart = {
  state: 'ended',
  tasks: 0,
  associations: 0,
  gates: { schedule: ALWAYS, urgent: false, nodes: [] },
  isAsked: false,
};

/**
 * Marks a run as running. The first time, a run after the first puts the tasks it is about back to pending: those of
 * `job_run.task_nos` or of the whole job that `job_run.requeue` names, and takes over whatever an earlier run left
 * unfinished.
 */
export async function beginRun(pool: pg.Pool, run: RunRef): Promise<RunStart> {
  return transaction(
    pool,
    async (client) => {
      const current = await currentRun(client, run);
      if (!current || current.state === 'ended') return OVER;
      if (current.state === 'requested') {
        await startRun(client, run);
        if (run.runNo > 1) await beginAgain(client, run, current);
      }
      const sizes = { ...(await sizeOf(client, run)), gates: await readGates(client, run) };
      return { state: 'running', ...sizes, isAsked: await isAsked(client, run) } as const;
    },
    { lock: jobLock(run.jobId) },
  );
}

interface CurrentRun {
  readonly state: 'requested' | 'running' | 'ended';
  readonly requeue: Requeue;
  /** Tasks it is about; empty: those of the whole job. */
  readonly taskNos: number[];
}

/** The row of a run, or null when it is not the latest of its job. To be called under the lock of the job. */
export async function currentRun(client: Queryable, { jobId, runNo }: RunRef): Promise<CurrentRun | null> {
  const { rows } = await client.query<CurrentRun>(
    `SELECT r.state, r.requeue, r.task_nos AS "taskNos"
     FROM job AS j JOIN job_run AS r ON r.job_id = j.id AND r.run_no = j.run_no
     WHERE j.id = $1 AND j.run_no = $2`,
    [jobId, runNo],
  );
  return rows[0] ?? null;
}

async function adoptUnfinished(client: Queryable, { jobId, runNo }: RunRef): Promise<void> {
  await client.query(
    `UPDATE task SET run_no = $2, chunk_no = NULL, wanted = NULL, wait = NULL,
       state = CASE WHEN state = 'paused' THEN state ELSE 'pending' END
     WHERE job_id = $1 AND run_no < $2 AND state NOT IN ${ENDED}`,
    [jobId, runNo],
  );
}

async function startRun(client: Queryable, { jobId, runNo }: RunRef): Promise<void> {
  await client.query(`UPDATE job SET control = 'run', ended_at = NULL, wait = NULL WHERE id = $1`, [jobId]);
  await client.query(`UPDATE job_run SET state = 'running', started_at = now() WHERE job_id = $1 AND run_no = $2`, [
    jobId,
    runNo,
  ]);
}

/** Puts back to work what the run is about; whoever asked for exactly that is answered. */
async function beginAgain(client: Queryable, run: RunRef, { requeue, taskNos }: CurrentRun): Promise<void> {
  const changed = await requeueEnded(client, run, requeue, taskNos.length > 0 ? taskNos : null);
  await adoptUnfinished(client, run);
  await client.query(
    `UPDATE request SET state = 'applied', settled_at = now(), changed = $5,
       unchanged = greatest(0, cardinality(task_nos) - $5)
     WHERE job_id = $1 AND run_no = $2 AND action = $3 AND task_nos = $4 AND state = 'taken'`,
    [run.jobId, run.runNo, ACTION_OF[requeue], taskNos, changed],
  );
}

async function isAsked(client: Queryable, { jobId, runNo }: RunRef): Promise<boolean> {
  const { rowCount } = await client.query(
    `SELECT FROM request WHERE job_id = $1 AND run_no = $2 AND state = 'taken' LIMIT 1`,
    [jobId, runNo],
  );
  return rowCount === 1;
}

async function sizeOf(client: Queryable, { jobId }: RunRef): Promise<{ tasks: number; associations: number }> {
  const { rows } = await client.query<{ tasks: number; associations: number }>(
    `WITH open AS MATERIALIZED (
       SELECT source_id, destination_id FROM task
       WHERE job_id = $1 AND state IN ${OPEN})
     SELECT (SELECT count(*)::int FROM open) AS tasks,
       (SELECT coalesce(sum(max_associations), 0)::int FROM node
        WHERE kind = 'server' AND id IN (SELECT source_id FROM open UNION SELECT destination_id FROM open)) AS associations`,
    [jobId],
  );
  return rows[0] ?? { tasks: 0, associations: 0 };
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
 * open are settled: a cancel as applied, others by what they have changed so far.
 */
export async function endRun(
  pool: pg.Pool,
  input: RunRef & { readonly outcome: 'completed' | 'canceled' },
): Promise<void> {
  await transaction(
    pool,
    async (client) => {
      const run = await currentRun(client, input);
      if (run && run.state !== 'ended') await closeRun(client, input, input.outcome === 'canceled');
    },
    { lock: jobLock(input.jobId) },
  );
}

/** Ends a run that has not ended; returns how many tasks were open. To be called under the lock of the job. */
export async function closeRun(client: Queryable, { jobId, runNo }: RunRef, canceled: boolean): Promise<number> {
  const { rowCount } = await client.query(
    `UPDATE task SET state = $2, cause = CASE WHEN $2 = 'failure' THEN coalesce(cause, 'internal') ELSE cause END,
       chunk_no = NULL, wanted = NULL, wait = NULL, ended_at = now()
     WHERE job_id = $1 AND state IN ${OPEN}`,
    [jobId, canceled ? 'canceled' : 'failure'],
  );
  await client.query(
    `UPDATE job SET control = CASE WHEN $2 AND tasks_canceled > 0 THEN 'cancel' ELSE 'run' END, wait = NULL,
       ended_at = now()
     WHERE id = $1`,
    [jobId, canceled],
  );
  await client.query(`UPDATE job_run SET state = 'ended', ended_at = now() WHERE job_id = $1 AND run_no = $2`, [
    jobId,
    runNo,
  ]);
  await client.query(SETTLE_REQUESTS, [jobId, runNo, canceled]);
  return rowCount ?? 0;
}

const SETTLE_REQUESTS = `
  UPDATE request AS r SET settled_at = now(), waiting_for = '{}', changed = e.changed,
    unchanged = greatest(0, cardinality(r.task_nos) - e.changed),
    state = CASE WHEN e.applied THEN 'applied' ELSE 'refused' END,
    reason = CASE WHEN e.applied THEN r.reason ELSE 'job-ended' END
  FROM (
    SELECT id, changed + CASE WHEN $3 AND action = 'cancel' THEN cardinality(waiting_for) ELSE 0 END AS changed,
      changed > 0 OR ($3 AND action = 'cancel') AS applied
    FROM request WHERE job_id = $1 AND run_no <= $2 AND state = 'taken'
  ) AS e
  WHERE r.id = e.id`;

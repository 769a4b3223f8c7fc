import type { Cause } from '@viaduct/domain';
import type pg from 'pg';
import type { Queryable } from './database.ts';
import type { Facts, TaskRef } from './refs.ts';
import { settleTaskRequests } from './settleRequests.ts';
import type { SettledTask } from './settleRequests.ts';
import { ENDED } from './taskStates.ts';
import { jobLock, transaction } from './transaction.ts';

/**
 * Shows a task as running, unless it is shown as pausing or canceling: its chunk is being told then. False when it must
 * not be worked on: another run has it, nobody has claimed it, or it has ended.
 */
export async function beginTask(pool: Queryable, task: TaskRef): Promise<boolean> {
  const { rowCount } = await pool.query(
    `UPDATE task SET state = CASE WHEN state IN ('pausing', 'canceling') THEN state ELSE 'running' END,
       started_at = coalesce(started_at, now()), wait = NULL
     WHERE job_id = $1 AND run_no = $2 AND task_no = $3 AND chunk_no IS NOT NULL
       AND state IN ('pending', 'waiting', 'running', 'pausing', 'canceling')`,
    [task.jobId, task.runNo, task.taskNo],
  );
  return rowCount === 1;
}

/** Where a task goes outside of verification. */
export interface Settlement extends TaskRef {
  readonly to: 'pending' | 'paused' | 'canceled' | 'failure';
  readonly cause?: Cause;
  readonly facts?: Facts;
}

/**
 * Writes a task's state outside of verification and settles what was asked for it. `pending` keeps the task with its
 * chunk (the job is paused); `paused` lets it go, and if somebody has resumed it meanwhile it is pending again, if
 * somebody wants it canceled it is canceled.
 */
export async function settleTask(pool: pg.Pool, settlement: Settlement): Promise<void> {
  await transaction(
    pool,
    async (client) => {
      const { rows } = await client.query<SettledTask>(SETTLE, [
        settlement.jobId,
        settlement.runNo,
        settlement.taskNo,
        settlement.to,
        settlement.cause ?? null,
        settlement.facts ? JSON.stringify(settlement.facts) : null,
      ]);
      if (settlement.to !== 'pending') await settleTaskRequests(client, settlement.jobId, rows);
    },
    { lock: jobLock(settlement.jobId) },
  );
}

const SETTLE = `
  WITH target AS (
    SELECT id, CASE WHEN $4 <> 'paused' THEN $4 WHEN wanted = 'cancel' THEN 'canceled'
      WHEN wanted = 'pause' THEN 'paused' ELSE 'pending' END AS state
    FROM task WHERE job_id = $1 AND run_no = $2 AND task_no = $3
      AND state NOT IN ${ENDED}
  )
  UPDATE task SET state = target.state, wait = NULL,
    cause = CASE WHEN target.state = 'failure' THEN coalesce($5, 'internal') END,
    cause_facts = CASE WHEN target.state = 'failure' THEN $6::jsonb END,
    wanted = CASE WHEN $4 = 'pending' THEN wanted END,
    chunk_no = CASE WHEN $4 = 'paused' THEN NULL ELSE chunk_no END,
    ended_at = CASE WHEN target.state IN ('canceled', 'failure') THEN now() END
  FROM target WHERE task.id = target.id
  RETURNING task.task_no AS "taskNo", task.state`;

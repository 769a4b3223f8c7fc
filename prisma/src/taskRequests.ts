import type { Action, Refusal, Requeue, TaskState } from '@viaduct/domain';
import type pg from 'pg';
import type { Queryable } from './database.ts';
import type { RunRef } from './refs.ts';
import { taskRefusal } from './refusal.ts';
import { countWaiting, requeueEnded } from './requeue.ts';
import { refuseRequest, steerable } from './requests.ts';
import { settleTaskRequests } from './settleRequests.ts';
import { OPEN } from './taskStates.ts';
import { jobLock, transaction } from './transaction.ts';

/** A request about the tasks that its row names. */
export type TasksRequest = RunRef & { readonly requestId: string } & (
    { readonly action: 'pause' | 'resume' | 'cancel' } | { readonly action: 'retry'; readonly requeue: Requeue }
  );

/** What has to be done about a request that was applied. */
export interface TasksEffect {
  /** The chunks that have claimed some of the tasks and have to be told. */
  readonly told: { chunkNo: number; taskNos: number[] }[];
  /** Tasks that `claimChunk` can give out now. */
  readonly requeued: number;
}

/**
 * Applies a request about the tasks that its row names: at once to those that no chunk has; the others are shown as
 * pausing or canceling and left to their chunks, and the row is settled when the last of them is put down. It counts as
 * applied when it changed one of them at least. Asked again, nothing happens but the answer.
 */
export async function applyTasksRequest(pool: pg.Pool, request: TasksRequest): Promise<TasksEffect> {
  return transaction(
    pool,
    async (client) => {
      const row = await readRow(client, request.requestId);
      if (!row) return { told: [], requeued: 0 };
      if (row.isNew) await apply(client, request, row);
      const wakes = request.action === 'resume' || request.action === 'retry';
      return {
        told: request.action === 'retry' ? [] : await toldBy(client, request, request.action, row.taskNos),
        requeued: wakes ? (await countWaiting(client, request)).unclaimed : 0,
      };
    },
    { lock: jobLock(request.jobId) },
  );
}

interface RequestRow {
  readonly action: Action;
  readonly taskNos: readonly number[];
  /** Nobody has applied it yet. */
  readonly isNew: boolean;
}

async function readRow(client: Queryable, requestId: string): Promise<RequestRow | undefined> {
  const { rows } = await client.query<RequestRow>(
    `SELECT action, task_nos AS "taskNos", state = 'taken' AND waiting_for = '{}' AS "isNew" FROM request WHERE id = $1`,
    [requestId],
  );
  return rows[0];
}

async function apply(client: Queryable, request: TasksRequest, { action, taskNos }: RequestRow): Promise<void> {
  const { requestId, jobId } = request;
  const job = await steerable(client, request);
  if (typeof job === 'string') return refuseRequest(client, { requestId, reason: job });
  const { changed, waitingFor } = await changeTasks(client, request, taskNos);
  if (changed + waitingFor.length === 0) {
    return refuseRequest(client, { requestId, reason: await whyNothing(client, { jobId, action, taskNos }) });
  }
  await client.query(
    `UPDATE request SET changed = $2, waiting_for = $3, unchanged = cardinality(task_nos) - $2 - cardinality($3::integer[]),
       state = CASE WHEN $3 = '{}'::integer[] THEN 'applied' ELSE state END,
       settled_at = CASE WHEN $3 = '{}'::integer[] THEN now() END
     WHERE id = $1`,
    [requestId, changed, waitingFor],
  );
}

interface Change {
  readonly changed: number;
  /** Tasks that their chunks have to put down. */
  readonly waitingFor: readonly number[];
}

async function changeTasks(client: Queryable, request: TasksRequest, taskNos: readonly number[]): Promise<Change> {
  switch (request.action) {
    case 'pause':
    case 'cancel':
      return stopTasks(client, request.jobId, request.action, taskNos);
    case 'resume':
      return { changed: await resumeTasks(client, request.jobId, taskNos), waitingFor: [] };
    case 'retry':
      return { changed: await requeueEnded(client, request, request.requeue, taskNos), waitingFor: [] };
  }
}

const STOPS = {
  pause: { now: 'paused', soon: 'pausing' },
  cancel: { now: 'canceled', soon: 'canceling' },
} as const;

/** Stops what nobody works on; what a chunk has is noted in `wanted`. A cancel takes the place of a pause, never the reverse. */
async function stopTasks(
  client: Queryable,
  jobId: string,
  action: 'pause' | 'cancel',
  taskNos: readonly number[],
): Promise<Change> {
  const { now, soon } = STOPS[action];
  const { rows } = await client.query<{ taskNo: number; claimed: boolean }>(
    `UPDATE task SET state = CASE WHEN chunk_no IS NULL THEN $4 ELSE $5 END, wait = NULL,
       wanted = CASE WHEN chunk_no IS NOT NULL THEN $3 END,
       ended_at = CASE WHEN chunk_no IS NULL AND $3 = 'cancel' THEN now() ELSE ended_at END
     WHERE job_id = $1 AND task_no = ANY ($2) AND state IN ${OPEN}
       AND ($3 = 'cancel' OR (state <> 'paused' AND wanted IS DISTINCT FROM 'cancel'))
     RETURNING task_no AS "taskNo", chunk_no IS NOT NULL AS claimed`,
    [jobId, taskNos, action, now, soon],
  );
  const waitingFor = rows.filter(({ claimed }) => claimed).map(({ taskNo }) => taskNo);
  return { changed: rows.length - waitingFor.length, waitingFor: waitingFor.sort((a, b) => a - b) };
}

/** Those whose pause is still under way become pending when their chunks let them go (see `settleTask`). */
async function resumeTasks(client: Queryable, jobId: string, taskNos: readonly number[]): Promise<number> {
  const { rowCount: woken } = await client.query(
    `UPDATE task SET state = 'pending', chunk_no = NULL, wanted = NULL
     WHERE job_id = $1 AND task_no = ANY ($2) AND state = 'paused'`,
    [jobId, taskNos],
  );
  const { rows } = await client.query<{ taskNo: number }>(
    `UPDATE task SET wanted = NULL WHERE job_id = $1 AND task_no = ANY ($2) AND wanted = 'pause'
     RETURNING task_no AS "taskNo"`,
    [jobId, taskNos],
  );
  const takenBack = rows.map(({ taskNo }) => ({ taskNo, state: 'pending' }));
  await settleTaskRequests(client, jobId, takenBack);
  return (woken ?? 0) + rows.length;
}

/** Why none of the tasks has changed: what is said of the first one. */
async function whyNothing(
  client: Queryable,
  { jobId, action, taskNos }: { jobId: string; action: Action; taskNos: readonly number[] },
): Promise<Refusal> {
  const { rows } = await client.query<{ state: TaskState }>(
    'SELECT state FROM task WHERE job_id = $1 AND task_no = ANY ($2) ORDER BY task_no LIMIT 1',
    [jobId, taskNos],
  );
  const [first] = rows;
  return first ? (taskRefusal(action, first.state, 'running') ?? 'no-such-action') : 'task-unknown';
}

/** The chunks that still have to hear of it, as the rows show, so that a repeated call answers like the first. */
async function toldBy(
  client: Queryable,
  { jobId, runNo }: RunRef,
  action: 'pause' | 'resume' | 'cancel',
  taskNos: readonly number[],
): Promise<TasksEffect['told']> {
  const { rows } = await client.query<{ chunkNo: number; taskNos: number[] }>(
    `SELECT chunk_no AS "chunkNo", array_agg(task_no ORDER BY task_no) AS "taskNos" FROM task
     WHERE job_id = $1 AND run_no = $2 AND task_no = ANY ($3) AND chunk_no IS NOT NULL
       AND (state, coalesce(wanted, 'resume')) IN (('pausing', $4), ('canceling', $4))
     GROUP BY chunk_no ORDER BY chunk_no`,
    [jobId, runNo, taskNos, action],
  );
  return rows;
}

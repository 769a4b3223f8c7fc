import type { Refusal, TaskState } from '@viaduct/domain';
import { hasEnded } from '@viaduct/domain';
import type pg from 'pg';
import type { Queryable } from './database.ts';
import type { RunRef, TaskRef } from './refs.ts';
import { countUnclaimed, requeueEnded } from './requeue.ts';
import { currentRun } from './runs.ts';
import { jobLock, transaction } from './transaction.ts';

/** Settles a request without effect; `reason` is one of domain's REFUSALS, or a sentence. */
export async function refuseRequest(
  pool: Queryable,
  { requestId, reason }: { readonly requestId: string; readonly reason: string },
): Promise<void> {
  await pool.query(
    `UPDATE request SET state = 'refused', reason = $2, settled_at = now() WHERE id = $1 AND state = 'taken'`,
    [requestId, reason],
  );
}

async function approve(client: Queryable, requestId: string): Promise<void> {
  await client.query(`UPDATE request SET state = 'applied', settled_at = now() WHERE id = $1 AND state = 'taken'`, [
    requestId,
  ]);
}

async function isOpen(client: Queryable, requestId: string): Promise<boolean> {
  const { rowCount } = await client.query(`SELECT FROM request WHERE id = $1 AND state = 'taken'`, [requestId]);
  return rowCount === 1;
}

/** A request about a whole job. */
export interface JobRequest extends RunRef {
  readonly requestId: string;
  readonly action: 'pause' | 'resume' | 'retry-failed';
  readonly mode?: 'interrupt' | 'drain';
}

/**
 * Applies a request about a whole job and settles its row. Resume also wakes tasks that were paused one by one.
 * `requeued` counts the tasks that wait to be claimed afterwards; asked again, nothing happens but the count.
 */
export async function applyJobRequest(pool: pg.Pool, request: JobRequest): Promise<{ requeued: number }> {
  return transaction(
    pool,
    async (client) => {
      if (await isOpen(client, request.requestId)) {
        const refusal = await changeJob(client, request);
        if (refusal) await refuseRequest(client, { requestId: request.requestId, reason: refusal });
        else await approve(client, request.requestId);
      }
      const wakes = request.action !== 'pause';
      return { requeued: wakes ? await countUnclaimed(client, request) : 0 };
    },
    { lock: jobLock(request.jobId) },
  );
}

async function changeJob(client: Queryable, request: JobRequest): Promise<Refusal | null> {
  if ((await currentRun(client, request))?.state !== 'running') return 'job-ended';
  const { rows } = await client.query<{ control: string }>('SELECT control FROM job WHERE id = $1', [request.jobId]);
  if (rows[0]?.control === 'cancel') return 'canceling';
  switch (request.action) {
    case 'pause':
      await control(client, request, 'pause');
      return null;
    case 'resume': {
      const woken = await wakePaused(client, request, null);
      if (woken === 0 && rows[0]?.control !== 'pause') return 'not-paused';
      await control(client, request, 'run');
      return null;
    }
    case 'retry-failed':
      return (await requeueEnded(client, request, null)) > 0 ? null : 'nothing-failed';
  }
}

async function control(client: Queryable, request: JobRequest, to: 'pause' | 'run'): Promise<void> {
  await client.query(
    `UPDATE job SET control = $3, control_at = now(), control_by = (SELECT user_id FROM request WHERE id = $2)
     WHERE id = $1`,
    [request.jobId, request.requestId, to],
  );
}

async function wakePaused(client: Queryable, { jobId, runNo }: RunRef, taskNo: number | null): Promise<number> {
  const { rowCount } = await client.query(
    `UPDATE task SET state = 'pending', chunk_no = NULL, wanted = NULL
     WHERE job_id = $1 AND run_no = $2 AND state = 'paused' AND ($3::integer IS NULL OR task_no = $3)`,
    [jobId, runNo, taskNo],
  );
  return rowCount ?? 0;
}

/** A request about one task. */
export interface TaskRequest extends TaskRef {
  readonly requestId: string;
  readonly action: 'pause' | 'resume' | 'cancel' | 'retry-failed';
}

/** `chunkNo` names the chunk that has to be told; its `settleTask` then settles the request. */
export interface TaskRequestEffect {
  readonly chunkNo: number | null;
  readonly requeued: number;
}

/**
 * Applies a request about one task: at once while no chunk has it, else it is noted in `wanted`, shown as pausing or
 * canceling, and left to the chunk.
 */
export async function applyTaskRequest(pool: pg.Pool, request: TaskRequest): Promise<TaskRequestEffect> {
  return transaction(
    pool,
    async (client) => {
      if (await isOpen(client, request.requestId)) {
        const effect = await changeTask(client, request);
        if (effect === 'applied') await approve(client, request.requestId);
        else if (effect !== 'noted') await refuseRequest(client, { requestId: request.requestId, reason: effect });
      }
      return effectOf(client, request);
    },
    { lock: jobLock(request.jobId) },
  );
}

/** The effect as it shows in the rows, so that a repeated call answers like the first. */
async function effectOf(client: Queryable, request: TaskRequest): Promise<TaskRequestEffect> {
  const { rows } = await client.query<{ chunkNo: number | null; wanted: string | null; state: string }>(
    `SELECT t.chunk_no AS "chunkNo", t.wanted, r.state FROM task AS t JOIN request AS r ON r.id = $4
     WHERE t.job_id = $1 AND t.run_no = $2 AND t.task_no = $3`,
    [request.jobId, request.runNo, request.taskNo, request.requestId],
  );
  const [row] = rows;
  const wakes = request.action === 'resume' || request.action === 'retry-failed';
  return {
    chunkNo: row?.wanted === request.action ? row.chunkNo : null,
    requeued: wakes && row?.state === 'applied' ? 1 : 0,
  };
}

interface TaskNow {
  readonly state: TaskState;
  readonly wanted: 'pause' | 'cancel' | null;
  readonly chunkNo: number | null;
}

async function changeTask(client: Queryable, request: TaskRequest): Promise<'applied' | 'noted' | Refusal> {
  if ((await currentRun(client, request))?.state !== 'running') return 'job-ended';
  if (request.action === 'retry-failed') {
    return (await requeueEnded(client, request, [request.taskNo])) > 0 ? 'applied' : 'nothing-failed';
  }
  const { rows } = await client.query<TaskNow>(
    `SELECT state, wanted, chunk_no AS "chunkNo" FROM task WHERE job_id = $1 AND task_no = $2 FOR UPDATE`,
    [request.jobId, request.taskNo],
  );
  const [task] = rows;
  if (!task) return 'task-unknown';
  if (hasEnded(task.state)) return 'task-ended';
  if (task.wanted === 'cancel') return request.action === 'cancel' ? 'noted' : 'canceling';
  switch (request.action) {
    case 'pause':
      return pauseTask(client, request, task);
    case 'resume':
      return resumeTask(client, request, task);
    case 'cancel':
      return cancelTask(client, request, task);
  }
}

async function pauseTask(client: Queryable, request: TaskRequest, task: TaskNow) {
  if (task.state === 'paused') return 'already-paused';
  if (task.chunkNo === null) {
    await setTask(client, request, 'paused', null);
    return 'applied';
  }
  await setTask(client, request, 'pausing', 'pause');
  return 'noted';
}

/** A task whose pause is still under way becomes pending when its chunk lets it go (see `settleTask`). */
async function resumeTask(client: Queryable, request: TaskRequest, task: TaskNow) {
  if (task.state === 'paused') {
    await wakePaused(client, request, request.taskNo);
    return 'applied';
  }
  if (task.wanted !== 'pause') return 'not-paused';
  await setTask(client, request, task.state, null);
  await client.query(
    `UPDATE request SET state = 'refused', reason = 'not-paused', settled_at = now()
     WHERE task_id = (SELECT id FROM task WHERE job_id = $1 AND task_no = $2) AND action = 'pause' AND state = 'taken'`,
    [request.jobId, request.taskNo],
  );
  return 'applied';
}

async function cancelTask(client: Queryable, request: TaskRequest, task: TaskNow) {
  if (task.chunkNo === null) {
    await setTask(client, request, 'canceled', null);
    return 'applied';
  }
  await setTask(client, request, 'canceling', 'cancel');
  return 'noted';
}

async function setTask(client: Queryable, task: TaskRef, state: TaskState, wanted: string | null): Promise<void> {
  await client.query(
    `UPDATE task SET state = $3, wanted = $4, wait = NULL,
       ended_at = CASE WHEN $3 = 'canceled' THEN now() ELSE ended_at END
     WHERE job_id = $1 AND task_no = $2`,
    [task.jobId, task.taskNo, state, wanted],
  );
}

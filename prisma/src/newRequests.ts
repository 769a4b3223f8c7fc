import { actionsFor } from '@viaduct/domain';
import type { Action, JobState, PauseMode, Refusal } from '@viaduct/domain';
import type pg from 'pg';
import type { Queryable } from './database.ts';
import { enqueue } from './outbox.ts';
import type { OutboxMessage } from './outbox.ts';
import type { RunRef } from './refs.ts';
import { jobLock, transaction } from './transaction.ts';
import { uuidv7 } from './uuid.ts';

/** Something a person asks of a job, or with `taskNo` of one task of it. */
export interface NewRequest {
  readonly jobId: string;
  readonly taskNo?: number;
  readonly userId: string;
  readonly action: Action;
  readonly mode?: PauseMode;
}

/** What the message of a request is made from; `starts` when a new run has to be started instead of telling the old. */
export interface RequestFacts extends RunRef {
  readonly requestId: string;
  readonly taskNo: number | null;
  readonly action: Action;
  readonly mode: PauseMode | null;
  readonly urgent: boolean;
  readonly starts: boolean;
}

/** The action makes no sense now; `refusal` says why. */
export class RequestRefused extends Error {
  override readonly name = 'RequestRefused';
  readonly refusal: Refusal;

  constructor(refusal: Refusal) {
    super(refusal);
    this.refusal = refusal;
  }
}

interface JobNow {
  readonly runNo: number;
  readonly runState: 'requested' | 'running' | 'ended';
  readonly state: JobState;
  readonly urgent: boolean;
  readonly failed: number;
  readonly paused: number;
}

interface TaskNow {
  readonly id: string;
  readonly state: JobState;
}

/**
 * Enters a request and the message that carries it, in one transaction. Retrying in a job that has ended begins its
 * next run. Throws RequestRefused when the action makes no sense in the present state.
 */
export async function createRequest(
  pool: pg.Pool,
  request: NewRequest,
  messageOf: (facts: RequestFacts) => OutboxMessage,
): Promise<{ id: string; runNo: number }> {
  return transaction(
    pool,
    async (client) => {
      const job = await jobNow(client, request.jobId);
      const task = request.taskNo === undefined ? null : await taskNow(client, request.jobId, request.taskNo);
      const refusal = refusalOf(request.action, job, task);
      if (refusal) throw new RequestRefused(refusal);
      const starts = job.runState === 'ended';
      const runNo = starts ? await nextRun(client, request, job.runNo + 1) : job.runNo;
      const id = uuidv7();
      await client.query(
        'INSERT INTO request (id, job_id, task_id, user_id, run_no, action, mode) VALUES ($1, $2, $3, $4, $5, $6, $7)',
        [id, request.jobId, task?.id ?? null, request.userId, runNo, request.action, request.mode ?? null],
      );
      const { jobId, taskNo = null, action, mode = null } = request;
      await enqueue(
        client,
        messageOf({ jobId, runNo, taskNo, action, mode, requestId: id, urgent: job.urgent, starts }),
      );
      return { id, runNo };
    },
    { lock: jobLock(request.jobId) },
  );
}

async function jobNow(client: Queryable, jobId: string): Promise<JobNow> {
  const { rows } = await client.query<JobNow>(
    `SELECT j.run_no AS "runNo", r.state AS "runState", j.state, j.urgent, j.tasks_failure + j.tasks_canceled AS failed,
       j.tasks_paused AS paused
     FROM job AS j JOIN job_run AS r ON r.job_id = j.id AND r.run_no = j.run_no WHERE j.id = $1`,
    [jobId],
  );
  const [row] = rows;
  if (!row) throw new RequestRefused('job-unknown');
  return row;
}

async function taskNow(client: Queryable, jobId: string, taskNo: number): Promise<TaskNow> {
  const { rows } = await client.query<TaskNow>('SELECT id, state FROM task WHERE job_id = $1 AND task_no = $2', [
    jobId,
    taskNo,
  ]);
  const [row] = rows;
  if (!row) throw new RequestRefused('task-unknown');
  return row;
}

/** Tasks that were paused one by one can be resumed together, also while the job itself runs. */
function refusalOf(action: Action, job: JobNow, task: TaskNow | null): Refusal | null {
  if (job.state === 'canceling') return 'canceling';
  if (job.runState === 'ended' && action !== 'retry-failed') return 'job-ended';
  const state = task?.state ?? job.state;
  const failed = task ? (state === 'failure' || state === 'canceled' ? 1 : 0) : job.failed;
  if (actionsFor({ state, failed }).includes(action)) return null;
  if (action === 'resume') return !task && job.paused > 0 ? null : 'not-paused';
  if (action === 'retry-failed') return 'nothing-failed';
  if (action === 'pause' && state === 'paused') return 'already-paused';
  return state === 'canceling' ? 'canceling' : 'task-ended';
}

async function nextRun(client: Queryable, { jobId, taskNo }: NewRequest, runNo: number): Promise<number> {
  await client.query('INSERT INTO job_run (job_id, run_no, task_nos) VALUES ($1, $2, $3)', [
    jobId,
    runNo,
    taskNo === undefined ? [] : [taskNo],
  ]);
  await client.query(`UPDATE job SET run_no = $2, control = 'run', ended_at = NULL WHERE id = $1`, [jobId, runNo]);
  return runNo;
}

import { requeueOf } from '@viaduct/domain';
import type { Action, Actionable, JobAction, JobState, PauseMode, Refusal, Requeue, Schedule } from '@viaduct/domain';
import type pg from 'pg';
import type { Queryable } from './database.ts';
import { enqueue } from './outbox.ts';
import type { OutboxMessage } from './outbox.ts';
import type { RunRef } from './refs.ts';
import { jobRefusal, RequestRefused, taskRefusal } from './refusal.ts';
import { jobLock, transaction } from './transaction.ts';
import { uuidv7 } from './uuid.ts';

/** Something a person asks of a job, or with `taskNos` of some of its tasks. */
export interface NewRequest {
  readonly jobId: string;
  /** The tasks it is about (at least one); absent: the whole job. */
  readonly taskNos?: readonly number[];
  readonly userId: string;
  readonly action: Action;
  /** How to pause; null or absent for every other action. */
  readonly mode?: PauseMode | null;
  /** The new schedule (`set-schedule`) or urgency (`set-priority`). */
  readonly value?: Schedule | { readonly urgent: boolean } | null;
}

/** What the message of a request is made from. */
export interface RequestFacts extends RunRef {
  readonly requestId: string;
  /** Whether it is about the tasks that its row names, not about the whole job. */
  readonly tasks: boolean;
  readonly action: Action;
  readonly mode: PauseMode | null;
  /** Which ended tasks begin again; null when the action is none that does so. */
  readonly requeue: Requeue | null;
  /** Whether the job is urgent once the request is applied. */
  readonly urgent: boolean;
  /** A new run has to be started instead of telling the old one. */
  readonly starts: boolean;
}

/** A job as it is now: what decides which actions make sense. */
export interface JobNow extends Actionable {
  readonly runNo: number;
  readonly runState: 'requested' | 'running' | 'ended';
  readonly urgent: boolean;
}

/**
 * Enters a request and the message that carries it, in one transaction. What begins ended tasks again in a job that has
 * ended begins its next run. A request about several tasks is taken when it makes sense for at least one of them.
 * Throws RequestRefused when the action makes no sense in the present state.
 */
export async function createRequest(
  pool: pg.Pool,
  request: NewRequest,
  messageOf: (facts: RequestFacts) => OutboxMessage,
): Promise<{ id: string; runNo: number }> {
  return transaction(
    pool,
    async (client) => {
      const { jobId, action, mode = null, value = null } = request;
      const taskNos = [...new Set(request.taskNos)].sort((a, b) => a - b);
      const job = await jobNow(client, jobId);
      const refusal =
        request.taskNos === undefined
          ? jobRefusal(action, job)
          : await refusalOfTasks(client, { jobId, taskNos, action }, job.state);
      if (refusal) throw new RequestRefused(refusal);
      const requeue = requeueOf(action) ?? null;
      const starts = job.runState === 'ended' && requeue !== null;
      const runNo = starts ? job.runNo + 1 : job.runNo;
      if (starts) await nextRun(client, { jobId, runNo, requeue, taskNos });
      const id = uuidv7();
      await client.query(
        `INSERT INTO request (id, job_id, task_nos, user_id, run_no, action, mode, value)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
        [
          id,
          jobId,
          arrayText(taskNos),
          request.userId,
          runNo,
          action,
          mode,
          value === null ? null : JSON.stringify(value),
        ],
      );
      const urgent = value !== null && 'urgent' in value ? value.urgent : job.urgent;
      const tasks = taskNos.length > 0;
      await enqueue(client, messageOf({ jobId, runNo, requestId: id, tasks, action, mode, requeue, urgent, starts }));
      return { id, runNo };
    },
    { lock: jobLock(request.jobId) },
  );
}

/** Reads a job that has not been deleted. Throws RequestRefused `job-unknown`. To be called under the lock of the job. */
export async function jobNow(client: Queryable, jobId: string): Promise<JobNow> {
  const { rows } = await client.query<JobNow>(
    `SELECT j.run_no AS "runNo", r.state AS "runState", j.state, j.urgent, j.tasks_failure + j.tasks_canceled AS failed,
       j.tasks_warning AS warnings, j.tasks_paused AS paused
     FROM job AS j JOIN job_run AS r ON r.job_id = j.id AND r.run_no = j.run_no
     WHERE j.id = $1 AND j.deleted_at IS NULL`,
    [jobId],
  );
  const [row] = rows;
  if (!row) throw new RequestRefused('job-unknown');
  return row;
}

/** Numbers as PostgreSQL writes an array: of 100,000 the driver would be busy for long with quoting each. */
const arrayText = (numbers: readonly number[]): string => `{${numbers.join()}}`;

/** Null when the action makes sense for one of the tasks at least; else why it does not for the first one. */
async function refusalOfTasks(
  client: Queryable,
  { jobId, taskNos, action }: { jobId: string; taskNos: readonly number[]; action: JobAction },
  job: JobState,
): Promise<Refusal | null> {
  const { rows } = await client.query<{ state: JobState; count: number }>(
    `SELECT state, count(*)::int AS count FROM task WHERE job_id = $1 AND task_no = ANY ($2)
     GROUP BY state ORDER BY min(task_no)`,
    [jobId, arrayText(taskNos)],
  );
  const found = rows.reduce((sum, row) => sum + row.count, 0);
  if (found === 0 || found < taskNos.length) return 'task-unknown';
  const refusals = rows.map(({ state }) => taskRefusal(action, state, job));
  return refusals.includes(null) ? null : (refusals[0] ?? null);
}

async function nextRun(
  client: Queryable,
  { jobId, runNo, requeue, taskNos }: RunRef & { readonly requeue: Requeue; readonly taskNos: readonly number[] },
): Promise<void> {
  await client.query('INSERT INTO job_run (job_id, run_no, requeue, task_nos) VALUES ($1, $2, $3, $4)', [
    jobId,
    runNo,
    requeue,
    arrayText(taskNos),
  ]);
  await client.query(`UPDATE job SET run_no = $2, control = 'run', ended_at = NULL, wait = NULL WHERE id = $1`, [
    jobId,
    runNo,
  ]);
}

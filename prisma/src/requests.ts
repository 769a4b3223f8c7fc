import type { PauseMode, Refusal, Requeue } from '@viaduct/domain';
import type pg from 'pg';
import type { Queryable } from './database.ts';
import type { RunRef } from './refs.ts';
import { countWaiting, requeueEnded } from './requeue.ts';
import { currentRun } from './runs.ts';
import { jobLock, transaction } from './transaction.ts';

/** Settles a request without effect; `reason` is one of domain's REFUSALS, or a sentence. */
export async function refuseRequest(
  pool: Queryable,
  { requestId, reason }: { readonly requestId: string; readonly reason: string },
): Promise<void> {
  await pool.query(
    `UPDATE request SET state = 'refused', reason = $2, settled_at = now(), waiting_for = '{}',
       unchanged = greatest(unchanged + cardinality(waiting_for), cardinality(task_nos) - changed)
     WHERE id = $1 AND state = 'taken'`,
    [requestId, reason],
  );
}

/** A request about a whole job. */
export type JobRequest = RunRef & { readonly requestId: string } & (
    | { readonly action: 'pause'; readonly mode: PauseMode }
    | { readonly action: 'resume' | 'set-schedule' }
    | { readonly action: 'retry'; readonly requeue: Requeue }
    | { readonly action: 'set-priority'; readonly urgent: boolean }
  );

/**
 * Applies a request about a whole job and settles its row; a new schedule is read from the row. Resume also wakes tasks
 * that were paused one by one. `requeued` counts the tasks that wait to be claimed afterwards; asked again, nothing
 * happens but the count.
 */
export async function applyJobRequest(pool: pg.Pool, request: JobRequest): Promise<{ requeued: number }> {
  return transaction(
    pool,
    async (client) => {
      if (await isTaken(client, request.requestId)) {
        const effect = await changeJob(client, request);
        if (typeof effect === 'number') await approve(client, request.requestId, effect);
        else await refuseRequest(client, { requestId: request.requestId, reason: effect });
      }
      const wakes = request.action === 'resume' || request.action === 'retry';
      return { requeued: wakes ? (await countWaiting(client, request)).unclaimed : 0 };
    },
    { lock: jobLock(request.jobId) },
  );
}

async function isTaken(client: Queryable, requestId: string): Promise<boolean> {
  const { rowCount } = await client.query(`SELECT FROM request WHERE id = $1 AND state = 'taken'`, [requestId]);
  return rowCount === 1;
}

async function approve(client: Queryable, requestId: string, changed: number): Promise<void> {
  await client.query(
    `UPDATE request SET state = 'applied', changed = $2, settled_at = now() WHERE id = $1 AND state = 'taken'`,
    [requestId, changed],
  );
}

interface JobNow {
  readonly control: 'run' | 'pause' | 'cancel';
  /** Tasks that have not ended. */
  readonly open: number;
}

/** How many tasks the request has changed, or why it has changed nothing. */
async function changeJob(client: Queryable, request: JobRequest): Promise<number | Refusal> {
  const job = await steerable(client, request);
  if (typeof job === 'string') return job;
  switch (request.action) {
    case 'pause':
      await setControl(client, request, 'pause');
      return job.open;
    case 'resume': {
      const woken = await wakePaused(client, request);
      if (woken === 0 && job.control !== 'pause') return 'not-paused';
      await setControl(client, request, 'run');
      return job.control === 'pause' ? job.open : woken;
    }
    case 'retry':
      return (await requeueEnded(client, request, request.requeue, null)) || NOTHING[request.requeue];
    case 'set-schedule':
      await client.query(
        `UPDATE job SET schedule = (SELECT nullif(value, 'null') FROM request WHERE id = $2) WHERE id = $1`,
        [request.jobId, request.requestId],
      );
      return job.open;
    case 'set-priority':
      await client.query('UPDATE job SET urgent = $2 WHERE id = $1', [request.jobId, request.urgent]);
      return job.open;
  }
}

/** Why nothing begins again. */
const NOTHING: Readonly<Record<Requeue, Refusal>> = {
  failed: 'nothing-failed',
  warnings: 'nothing-warned',
  all: 'not-ended',
};

/** A job as long as its run takes requests, or why it takes none. To be called under the lock of the job. */
export async function steerable(client: Queryable, run: RunRef): Promise<JobNow | Refusal> {
  if ((await currentRun(client, run))?.state !== 'running') return 'job-ended';
  const { rows } = await client.query<JobNow>(
    'SELECT control, tasks_pending + tasks_running + tasks_paused AS open FROM job WHERE id = $1',
    [run.jobId],
  );
  const [job] = rows;
  if (!job) return 'job-unknown';
  return job.control === 'cancel' ? 'canceling' : job;
}

async function setControl(client: Queryable, request: JobRequest, to: 'pause' | 'run'): Promise<void> {
  await client.query(
    `UPDATE job SET control = $3, control_at = now(), control_by = (SELECT user_id FROM request WHERE id = $2)
     WHERE id = $1`,
    [request.jobId, request.requestId, to],
  );
}

async function wakePaused(client: Queryable, { jobId, runNo }: RunRef): Promise<number> {
  const { rowCount } = await client.query(
    `UPDATE task SET state = 'pending', chunk_no = NULL, wanted = NULL
     WHERE job_id = $1 AND run_no = $2 AND state = 'paused'`,
    [jobId, runNo],
  );
  return rowCount ?? 0;
}

import type { Action, Requeue } from '@viaduct/domain';
import type { Queryable } from './database.ts';
import type { RunRef } from './refs.ts';
import { ENDED, OPEN } from './taskStates.ts';

/** The action of a person that each of them stands for. */
export const ACTION_OF: Readonly<Record<Requeue, Action>> = {
  failed: 'retry-failed',
  warnings: 'retry-warnings',
  all: 'restart',
};

interface Reset {
  /** Tasks that begin again. */
  readonly tasks: string;
  /** Instances of them that are expected again. */
  readonly instances: string;
}

/** What an operator began again is stored again, whatever the destination holds: see the reset of `started_at`. */
const RESETS: Readonly<Record<Requeue, Reset>> = {
  failed: {
    tasks: `state IN ('failure', 'canceled')`,
    instances: `state IN ('missing', 'failed', 'quarantined', 'held')`,
  },
  warnings: { tasks: `state = 'warning'`, instances: `state IN ('coerced', 'verified') AND store_status IS NOT NULL` },
  all: {
    tasks: `state IN ${ENDED}`,
    instances: `(state <> 'excluded' OR cause IS NOT NULL) AND (state <> 'expected' OR part_no IS NOT NULL)`,
  },
};

/** Tasks whose instances are put back in one statement: some hundred thousand rows. */
const BATCH = 500;

/**
 * Puts ended tasks of a job (all that `requeue` names, or those of them in `taskNos`) back to pending for a run,
 * unclaimed. What the ledger lacks of failed and canceled ones is expected again; of those with warnings what the
 * destination has changed; of all (a restart) every instance but those of modalities that the job leaves out, and the source is asked anew, with the newest version of the profile. No row
 * is removed. To be called under the lock of the job. Returns how many tasks that were.
 */
export async function requeueEnded(
  client: Queryable,
  { jobId, runNo }: RunRef,
  requeue: Requeue,
  taskNos: readonly number[] | null,
): Promise<number> {
  const { tasks, instances } = RESETS[requeue];
  const { rows } = await client.query<{ id: string }>(
    `SELECT id FROM task WHERE job_id = $1 AND ${tasks} AND ($2::integer[] IS NULL OR task_no = ANY ($2))
     ORDER BY task_no`,
    [jobId, taskNos],
  );
  for (let from = 0; from < rows.length; from += BATCH) {
    const ids = rows.slice(from, from + BATCH).map(({ id }) => id);
    await client.query(
      `UPDATE instance SET state = 'expected', part_no = NULL, host_id = NULL, cause = NULL, cause_facts = NULL,
         store_status = NULL, retrieved_at = NULL, stored_at = NULL, verified_at = NULL
       WHERE task_id = ANY ($1) AND ${instances}`,
      [ids],
    );
    if (requeue !== 'failed') await endParts(client, ids);
    await client.query(
      `UPDATE task SET state = 'pending', run_no = $2, chunk_no = NULL, wanted = NULL, cause = NULL, cause_facts = NULL,
         wait = NULL, ended_at = NULL, manifest = NULL, started_at = CASE WHEN $3 = 'failed' THEN started_at END,
         profile_id = CASE WHEN $3 <> 'all' THEN profile_id END,
         profile_version = CASE WHEN $3 <> 'all' THEN profile_version END
       WHERE id = ANY ($1)`,
      [ids, runNo, requeue],
    );
  }
  return rows.length;
}

async function endParts(client: Queryable, taskIds: readonly string[]): Promise<void> {
  await client.query(
    `UPDATE part SET ended_at = now(), closed_at = coalesce(closed_at, now())
     WHERE task_id = ANY ($1) AND ended_at IS NULL`,
    [taskIds],
  );
}

/** Pending tasks of a job that nobody has claimed yet, and paused ones: from its counters, since there may be many. */
export async function countWaiting(
  client: Queryable,
  { jobId }: RunRef,
): Promise<{ unclaimed: number; paused: number }> {
  const { rows } = await client.query<{ unclaimed: number; paused: number }>(
    `SELECT tasks_paused AS paused, tasks_pending - (
       SELECT count(*) FROM task WHERE job_id = $1 AND chunk_no IS NOT NULL AND state IN ${OPEN} AND state = 'pending'
     )::int AS unclaimed
     FROM job WHERE id = $1`,
    [jobId],
  );
  return rows[0] ?? { unclaimed: 0, paused: 0 };
}

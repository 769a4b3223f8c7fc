import type { Queryable } from './database.ts';
import type { RunRef } from './refs.ts';

/**
 * Puts failed and canceled tasks of a job (all, or those named) back to pending for a run, unclaimed; what the ledger
 * lacks of them is expected again. To be called under the lock of the job. Returns how many tasks that were.
 */
export async function requeueEnded(
  client: Queryable,
  { jobId, runNo }: RunRef,
  taskNos: readonly number[] | null,
): Promise<number> {
  const chosen = `SELECT id FROM task WHERE job_id = $1 AND state IN ('failure', 'canceled')
    AND ($2::integer[] IS NULL OR task_no = ANY ($2))`;
  await client.query(
    `UPDATE instance SET state = 'expected', part_no = NULL, host_id = NULL, cause = NULL, cause_facts = NULL
     WHERE task_id IN (${chosen}) AND state IN ('missing', 'failed', 'quarantined')`,
    [jobId, taskNos],
  );
  const { rowCount } = await client.query(
    `UPDATE task SET state = 'pending', run_no = $3, chunk_no = NULL, wanted = NULL, cause = NULL,
       cause_facts = NULL, wait = NULL, ended_at = NULL, manifest = NULL
     WHERE id IN (${chosen})`,
    [jobId, taskNos, runNo],
  );
  return rowCount ?? 0;
}

/** Tasks of a run that nobody has claimed yet. */
export async function countUnclaimed(client: Queryable, { jobId, runNo }: RunRef): Promise<number> {
  const { rows } = await client.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM task
     WHERE job_id = $1 AND run_no = $2 AND state = 'pending' AND chunk_no IS NULL`,
    [jobId, runNo],
  );
  return rows[0]?.count ?? 0;
}

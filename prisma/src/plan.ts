import { planParts as slice } from '@viaduct/domain';
import type { PlannableInstance } from '@viaduct/domain';
import type pg from 'pg';
import type { Queryable } from './database.ts';
import { forgetParts, HOST_ALIVE_WITHIN_MS } from './hosts.ts';
import type { PartRef, TaskRef } from './refs.ts';
import { beginTask } from './tasks.ts';
import { rowsParameter, taskLock, transaction } from './transaction.ts';

/** A part to work on; `hostId` names the living host whose spool has its bytes, null when nobody has admitted it. */
export interface OpenPart {
  readonly partNo: number;
  readonly hostId: string | null;
}

/**
 * Groups what the ledger of a task still lacks into parts and shows the task as running. Unfinished parts on living
 * hosts come back as they are; what lay on dead hosts is expected again. Asked again without progress in between, the
 * answer is the same. Empty when there is nothing to do, or the task is not this run's any more.
 */
export async function planParts(pool: pg.Pool, task: TaskRef): Promise<{ parts: OpenPart[] }> {
  return transaction(
    pool,
    async (client) => {
      const { rows } = await client.query<{ id: string; shortfall: number }>(
        'SELECT id, shortfall FROM task WHERE job_id = $1 AND run_no = $2 AND task_no = $3',
        [task.jobId, task.runNo, task.taskNo],
      );
      const [row] = rows;
      if (!row) return { parts: [] };
      await giveUpDeadHosts(client, row.id);
      await endFinishedParts(client, row.id);
      await planUnassigned(client, row.id, task.runNo);
      if (row.shortfall > 0) await planUnnamed(client, row.id, task.runNo, row.shortfall);
      const parts = await openParts(client, row.id);
      return { parts: (await beginTask(client, task)) ? parts : [] };
    },
    { lock: taskLock(task.jobId, task.taskNo) },
  );
}

async function giveUpDeadHosts(client: Queryable, taskId: string): Promise<void> {
  const { rows } = await client.query<{ partNo: number }>(
    `SELECT part_no AS "partNo" FROM part WHERE task_id = $1 AND ended_at IS NULL AND host_id IS NOT NULL
       AND NOT EXISTS (SELECT FROM worker_host AS h WHERE h.id = part.host_id
         AND h.last_seen_at > now() - $2 * interval '1 ms')
     ORDER BY part_no`,
    [taskId, HOST_ALIVE_WITHIN_MS],
  );
  for (const { partNo } of rows) await forgetParts(client, taskId, { partNo });
}

/** Parts of which no row is left to work on. One without any row waits for instances that its source only counted. */
async function endFinishedParts(client: Queryable, taskId: string): Promise<void> {
  await client.query(
    `UPDATE part SET ended_at = now(), closed_at = coalesce(closed_at, now())
     WHERE task_id = $1 AND ended_at IS NULL
       AND NOT EXISTS (SELECT FROM instance AS i WHERE i.task_id = $1 AND i.part_no = part.part_no
         AND i.state IN ('expected', 'retrieved', 'pseudonymized'))
       AND (closed_at IS NOT NULL OR EXISTS (
         SELECT FROM instance AS i WHERE i.task_id = $1 AND i.part_no = part.part_no)
         OR (SELECT shortfall FROM task WHERE id = $1) = 0)`,
    [taskId],
  );
}

/** Rows without a part, or left behind by one that has ended, make new parts. */
async function planUnassigned(client: Queryable, taskId: string, runNo: number): Promise<void> {
  await client.query(
    `UPDATE instance AS i SET state = 'expected', part_no = NULL, host_id = NULL
     FROM part AS p WHERE i.task_id = $1 AND p.task_id = $1 AND p.part_no = i.part_no AND p.ended_at IS NOT NULL
       AND i.state IN ('expected', 'retrieved', 'pseudonymized')`,
    [taskId],
  );
  const { rows } = await client.query<PlannableInstance>(
    `SELECT sop_instance_uid AS "sopInstanceUid", series_instance_uid AS "seriesInstanceUid", modality, bytes
     FROM instance WHERE task_id = $1 AND state = 'expected' AND part_no IS NULL
     ORDER BY nullif(regexp_replace(series_number, '\\D', '', 'g'), '')::numeric NULLS LAST, series_instance_uid,
       sop_instance_uid`,
    [taskId],
  );
  const slices = slice(rows);
  if (slices.length === 0) return;
  const first = await nextPartNo(client, taskId);
  await client.query(
    `UPDATE instance AS i SET part_no = r."partNo"
     FROM json_to_recordset($2::json) AS r("sopInstanceUid" text, "partNo" integer)
     WHERE i.task_id = $1 AND i.sop_instance_uid = r."sopInstanceUid"`,
    [
      taskId,
      rowsParameter(
        slices.flatMap(({ sopInstanceUids }, index) =>
          sopInstanceUids.map((sopInstanceUid) => ({ sopInstanceUid, partNo: first + index })),
        ),
      ),
    ],
  );
  await client.query(
    `INSERT INTO part (task_id, part_no, run_no, instances, bytes)
     SELECT $1, "partNo", $3, instances, bytes
     FROM json_to_recordset($2::json) AS r("partNo" integer, instances integer, bytes bigint)`,
    [
      taskId,
      rowsParameter(
        slices.map(({ sopInstanceUids, bytes }, index) => ({
          partNo: first + index,
          instances: sopInstanceUids.length,
          bytes,
        })),
      ),
      runNo,
    ],
  );
}

/** One part without rows for what a source counted but did not name. */
async function planUnnamed(client: Queryable, taskId: string, runNo: number, shortfall: number): Promise<void> {
  const partNo = await nextPartNo(client, taskId);
  await client.query(
    `INSERT INTO part (task_id, part_no, run_no, instances)
     SELECT $1, $2, $3, $4 WHERE NOT EXISTS (
       SELECT FROM part WHERE task_id = $1 AND ended_at IS NULL AND NOT EXISTS (
         SELECT FROM instance WHERE task_id = $1 AND part_no = part.part_no AND state = 'expected'))`,
    [taskId, partNo, runNo, shortfall],
  );
}

async function nextPartNo(client: Queryable, taskId: string): Promise<number> {
  const { rows } = await client.query<{ partNo: number }>(
    'SELECT coalesce(max(part_no), 0) + 1 AS "partNo" FROM part WHERE task_id = $1',
    [taskId],
  );
  return rows[0]?.partNo ?? 1;
}

/** Whatever is expected in a part has to be fetched, so it is open again even if an earlier attempt had closed it. */
async function openParts(client: Queryable, taskId: string): Promise<OpenPart[]> {
  await client.query(
    `UPDATE part SET closed_at = NULL WHERE task_id = $1 AND ended_at IS NULL AND closed_at IS NOT NULL AND EXISTS (
       SELECT FROM instance AS i WHERE i.task_id = $1 AND i.part_no = part.part_no AND i.state = 'expected')`,
    [taskId],
  );
  const { rows } = await client.query<OpenPart>(
    `SELECT part_no AS "partNo", host_id AS "hostId" FROM part WHERE task_id = $1 AND ended_at IS NULL
     ORDER BY part_no`,
    [taskId],
  );
  return rows;
}

/**
 * Gives a part to the host that has admitted it. False when it is not to be worked on: its task belongs to another run,
 * or the part has ended. What another host had fetched of it is expected again, in this part.
 */
export async function hostPart(pool: pg.Pool, part: PartRef, hostId: string): Promise<boolean> {
  return transaction(
    pool,
    async (client) => {
      const { rows } = await client.query<{ taskId: string }>(
        `SELECT p.task_id AS "taskId" FROM part AS p JOIN task AS t ON t.id = p.task_id
         WHERE t.job_id = $1 AND t.run_no = $2 AND t.task_no = $3 AND p.part_no = $4 AND p.ended_at IS NULL`,
        [part.jobId, part.runNo, part.taskNo, part.partNo],
      );
      const [row] = rows;
      if (!row) return false;
      await client.query(
        `UPDATE instance SET state = 'expected', host_id = NULL
         WHERE task_id = $1 AND part_no = $2 AND state IN ('retrieved', 'pseudonymized') AND host_id <> $3`,
        [row.taskId, part.partNo, hostId],
      );
      await client.query(
        `UPDATE part SET host_id = $3, closed_at = CASE WHEN host_id = $3 THEN closed_at END
         WHERE task_id = $1 AND part_no = $2`,
        [row.taskId, part.partNo, hostId],
      );
      return true;
    },
    { lock: taskLock(part.jobId, part.taskNo) },
  );
}

/** Retrieve adds nothing to the part any more; its followers may finish. */
export async function closePart(pool: Queryable, taskId: string, partNo: number): Promise<void> {
  await pool.query('UPDATE part SET closed_at = now() WHERE task_id = $1 AND part_no = $2 AND closed_at IS NULL', [
    taskId,
    partNo,
  ]);
}

/** Nothing of the part is left to be done; its folder may go. */
export async function endPart(pool: Queryable, taskId: string, partNo: number): Promise<void> {
  await pool.query(
    `UPDATE part SET ended_at = now(), closed_at = coalesce(closed_at, now())
     WHERE task_id = $1 AND part_no = $2 AND ended_at IS NULL`,
    [taskId, partNo],
  );
}

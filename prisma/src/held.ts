import type pg from 'pg';
import type { Queryable } from './database.ts';
import { enqueue } from './outbox.ts';
import type { OutboxMessage } from './outbox.ts';
import type { RunRef } from './refs.ts';
import type { SettledTask } from './settleRequests.ts';
import { OPEN } from './taskStates.ts';
import { rowsParameter, taskLock, transaction } from './transaction.ts';

/** What the picture of a held image is sealed for. */
export const picturePurpose = (taskId: string, sopInstanceUid: string): string => `held/${taskId}/${sopInstanceUid}`;

/** A rectangle of pixels that is blackened. */
export interface DrawnRectangle {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** An image that must not leave before somebody has looked at it. */
export interface HeldImage {
  readonly sopInstanceUid: string;
  /** The device and kind of image, as masks of a profile name them. */
  readonly device: object;
  readonly risks: readonly string[];
  /** Sealed PNG; null when it cannot be shown. */
  readonly sealedPicture: Uint8Array | null;
}

/** Enters a held image; the ledger follows. One that was decided before is asked about again. */
export async function enterHeld(pool: Queryable, taskId: string, held: HeldImage): Promise<void> {
  const { sopInstanceUid, device, risks, sealedPicture } = held;
  await pool.query(
    `INSERT INTO held_image (task_id, sop_instance_uid, device, risks, sealed_picture) VALUES ($1, $2, $3, $4, $5)
     ON CONFLICT (task_id, sop_instance_uid) DO UPDATE SET device = $3, risks = $4, sealed_picture = $5,
       decision = NULL, rectangles = NULL, decided_by = NULL, decided_at = NULL, held_at = now()`,
    [taskId, sopInstanceUid, JSON.stringify(device), risks, sealedPicture && Buffer.from(sealedPicture)],
  );
}

/** What was drawn on the approved images of a task, by SOP Instance UID; an empty list: nothing is blackened. */
export async function approvedOf(pool: Queryable, taskId: string): Promise<Map<string, readonly DrawnRectangle[]>> {
  const { rows } = await pool.query<{ uid: string; rectangles: DrawnRectangle[] }>(
    `SELECT sop_instance_uid AS uid, rectangles FROM held_image WHERE task_id = $1 AND decision = 'approve'`,
    [taskId],
  );
  return new Map(rows.map(({ uid, rectangles }) => [uid, rectangles]));
}

/** What somebody has decided about held images of one task. */
export interface Decision {
  readonly jobId: string;
  readonly taskNo: number;
  readonly sopInstanceUids: readonly string[];
  readonly decision: 'approve' | 'reject';
  /** What is blackened (approve). */
  readonly rectangles: readonly DrawnRectangle[];
  readonly userId: string;
}

/**
 * Enters a decision: approved images are fetched again and go out as drawn, rejected ones are left out. When it was the
 * last one that the task waited for, the task goes on and its job is told. Returns how many images it was about: those
 * decided before, of a task that has ended, or that cannot be shown and were approved unseen, do not count.
 * @param messageOf makes the message, since names of workflows are not known here
 */
export async function decideHeld(
  pool: pg.Pool,
  { jobId, taskNo, sopInstanceUids, decision, rectangles, userId }: Decision,
  messageOf: (run: RunRef) => OutboxMessage,
): Promise<number> {
  return transaction(
    pool,
    async (client) => {
      const { rows } = await client.query<{ taskId: string; uid: string }>(
        `UPDATE held_image AS h SET decision = $4, rectangles = $5, decided_by = $6, decided_at = now(),
           sealed_picture = NULL
         FROM task AS t WHERE t.job_id = $1 AND t.task_no = $2 AND t.state IN ${OPEN} AND h.task_id = t.id
           AND h.sop_instance_uid = ANY ($3) AND h.decision IS NULL AND ($4 = 'reject' OR h.sealed_picture IS NOT NULL)
         RETURNING t.id AS "taskId", h.sop_instance_uid AS uid`,
        [jobId, taskNo, sopInstanceUids, decision, rowsParameter(rectangles), userId],
      );
      const [first] = rows;
      if (!first) return 0;
      await client.query(
        `UPDATE instance SET state = $3, cause = $4, part_no = NULL, host_id = NULL
         WHERE task_id = $1 AND sop_instance_uid = ANY ($2) AND state = 'held'`,
        [
          first.taskId,
          rows.map(({ uid }) => uid),
          ...(decision === 'approve' ? ['expected', null] : ['excluded', 'left-out']),
        ],
      );
      await goOn(client, first.taskId, messageOf);
      return rows.length;
    },
    { lock: taskLock(jobId, taskNo) },
  );
}

/** A task that waits for nothing else any more is given out again. */
async function goOn(client: Queryable, taskId: string, messageOf: (run: RunRef) => OutboxMessage): Promise<void> {
  const { rows } = await client.query<RunRef>(
    `UPDATE task SET wait = NULL
     WHERE id = $1 AND state = 'pending' AND wait ->> 'kind' = 'review'
       AND NOT EXISTS (SELECT FROM instance WHERE task_id = $1 AND state = 'held')
     RETURNING job_id AS "jobId", run_no AS "runNo"`,
    [taskId],
  );
  for (const run of rows) await enqueue(client, messageOf(run));
}

/** Lets a task wait until the images it holds are decided; empty when it holds none. To be called under its lock. */
export async function waitForReview(client: Queryable, taskId: string): Promise<SettledTask[]> {
  const { rows } = await client.query<SettledTask>(
    `UPDATE task SET chunk_no = NULL, wanted = NULL,
       state = CASE wanted WHEN 'cancel' THEN 'canceled' WHEN 'pause' THEN 'paused' ELSE 'pending' END,
       wait = CASE WHEN wanted IS NULL THEN '{"kind":"review"}'::jsonb END,
       ended_at = CASE WHEN wanted = 'cancel' THEN now() END
     WHERE id = $1 AND EXISTS (SELECT FROM instance WHERE task_id = $1 AND state = 'held')
     RETURNING task_no AS "taskNo", state`,
    [taskId],
  );
  return rows;
}

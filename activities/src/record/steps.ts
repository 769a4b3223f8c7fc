import type { Cause, WaitReason } from '@viaduct/domain';
import type { Database } from '@viaduct/prisma';
import type { CauseFacts } from '@viaduct/workflows/contract';
import type { TaskFacts } from './tasks.ts';

export type StepName = 'find' | 'plan' | 'admit' | 'retrieve' | 'pseudonymize' | 'store' | 'verify';

/** The row of one attempt of a step in the timeline of its task. */
export interface StepRow {
  readonly id: string;
}

/** Writes that an attempt has begun. */
export async function beginStep(
  { pool }: Database,
  attempt: {
    readonly task: TaskFacts;
    readonly step: StepName;
    readonly partNo?: number;
    readonly hostId: string;
    readonly attempt: number;
  },
): Promise<StepRow> {
  const { rows } = await pool.query<StepRow>(
    `INSERT INTO step (task_id, run_no, step, part_no, attempt, host_id) VALUES ($1, $2, $3, $4, $5, $6)
     RETURNING id::text`,
    [attempt.task.id, attempt.task.runNo, attempt.step, attempt.partNo ?? null, attempt.attempt, attempt.hostId],
  );
  const [row] = rows;
  if (!row) throw new Error('no row');
  return row;
}

export interface StepEnd {
  readonly outcome: 'done' | 'canceled' | 'failed';
  readonly cause?: Cause;
  readonly facts?: CauseFacts;
  readonly instances?: number;
}

/**
 * Writes how an attempt ended. Answers how many attempts of this step have failed since the last one that got any
 * instance done: a long transfer over a bad line is not given up, one that gets nowhere is.
 */
export async function endStep({ pool }: Database, row: StepRow, end: StepEnd): Promise<number> {
  const { rows } = await pool.query<{ failures: number }>(
    `WITH ended AS (
       UPDATE step SET ended_at = now(), outcome = $2, cause = $3, cause_facts = $4, instances = $5 WHERE id = $1
       RETURNING id, task_id, run_no, step, part_no
     ), earlier AS (
       SELECT s.id, s.outcome, coalesce(s.instances, 0) > 0 AS progress FROM step AS s JOIN ended AS e
         ON s.task_id = e.task_id AND s.run_no = e.run_no AND s.step = e.step AND s.part_no IS NOT DISTINCT FROM e.part_no
         AND s.id < e.id
     )
     SELECT 1 + count(*)::int AS failures FROM earlier
     WHERE outcome = 'failed' AND id > coalesce((SELECT max(id) FROM earlier WHERE progress OR outcome = 'done'), 0)
       AND NOT $6`,
    [
      row.id,
      end.outcome,
      end.cause ?? null,
      end.facts ? JSON.stringify(end.facts) : null,
      end.instances ?? null,
      (end.instances ?? 0) > 0,
    ],
  );
  return rows[0]?.failures ?? 1;
}

/** Shows why a task waits now, or with null that it goes on. Only the run that owns the task may. */
export async function setWait({ pool }: Database, task: TaskFacts, reason: WaitReason | null): Promise<void> {
  await pool.query(
    `UPDATE task SET wait = $3::jsonb, state = CASE WHEN $3::jsonb IS NULL THEN 'running' ELSE 'waiting' END
     WHERE id = $1 AND run_no = $2 AND state IN ('running', 'waiting')`,
    [task.id, task.runNo, reason === null ? null : JSON.stringify(reason)],
  );
}

import type { Database } from '@viaduct/prisma';
import type { TaskRef } from '@viaduct/workflows/contract';
import { StepError } from '../failures.ts';

/** What the steps of a task need to know of it. Patient facts stay inside the steps: never log, never return them. */
export interface TaskFacts {
  readonly id: string;
  readonly jobId: string;
  readonly taskNo: number;
  readonly runNo: number;
  readonly sourceId: string;
  readonly destinationId: string;
  readonly studyInstanceUid: string;
  /** Empty means the whole study. */
  readonly seriesInstanceUids: readonly string[];
  readonly patientId: string;
  readonly pseudonym: string | null;
  readonly pseudonymize: boolean;
  readonly projectId: string;
  readonly ownerId: string;
  readonly trialId: string;
  readonly trialName: string;
  /** Series of these modalities are left out. */
  readonly excludeModalities: readonly string[];
  /** Instances the source counts but has not named. */
  readonly shortfall: number;
  /** When its first step began; anew when a person has begun it again. */
  readonly startedAt: Date;
  /** The wait reason that is shown now, as JSON. */
  readonly waiting: string | null;
}

/**
 * Reads a task. What an activity was told is believed only as far as the database agrees: a task of another run by now
 * belongs to somebody else. Throws StepError `canceled` then.
 */
export async function loadTask(database: Database, { jobId, taskNo, runNo }: TaskRef): Promise<TaskFacts> {
  const row = await database.client.task.findUnique({
    where: { jobId_taskNo: { jobId, taskNo } },
    omit: { manifest: true },
    include: {
      job: {
        select: {
          pseudonymize: true,
          projectId: true,
          ownerId: true,
          trialId: true,
          trialName: true,
          excludeModalities: true,
        },
      },
    },
  });
  if (row?.runNo !== runNo) throw new StepError('canceled');
  const { job, wait, startedAt, ...task } = row;
  return { ...task, ...job, startedAt: startedAt ?? new Date(), waiting: wait === null ? null : JSON.stringify(wait) };
}

/** Which of the tasks have not ended, so that their spooled bytes are still wanted. */
export async function neededTasks<T extends { readonly jobId: string; readonly taskNo: number }>(
  { pool }: Database,
  tasks: readonly T[],
): Promise<T[]> {
  const { rows } = await pool.query<{ position: number }>(
    `SELECT (t.position - 1)::int AS position
     FROM unnest($1::uuid[], $2::integer[]) WITH ORDINALITY AS t(job_id, task_no, position)
     JOIN task ON task.job_id = t.job_id AND task.task_no = t.task_no
     WHERE task.state NOT IN ('canceled', 'success', 'warning', 'failure')`,
    [tasks.map((task) => task.jobId), tasks.map((task) => task.taskNo)],
  );
  const needed = new Set(rows.map((row) => row.position));
  return tasks.filter((_, position) => needed.has(position));
}

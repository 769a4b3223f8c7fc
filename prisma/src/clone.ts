import type { Schedule } from '@viaduct/domain';
import type pg from 'pg';
import type { Queryable } from './database.ts';
import { existingJob } from './jobs.ts';
import type { CreatedJob } from './jobs.ts';
import { enqueue } from './outbox.ts';
import type { OutboxMessage } from './outbox.ts';
import type { RunRef } from './refs.ts';
import { RequestRefused } from './refusal.ts';
import { transaction } from './transaction.ts';
import { uuidv7 } from './uuid.ts';

/** A new job with the tasks of another one. What is left out of `changes` is as it is there. */
export interface JobClone {
  /** The job whose tasks are taken. */
  readonly jobId: string;
  readonly ownerId: string;
  /** The same key of the same owner gives the same job. */
  readonly idempotencyKey: string;
  readonly changes?: JobChanges;
}

/** What of a job may be different in its clone. */
export interface JobChanges {
  readonly title?: string;
  readonly projectId?: string;
  readonly destinationId?: string;
  readonly pseudonymize?: boolean;
  /** One pseudonym for every task; without it those of the tasks are kept while the project stays the same. */
  readonly pseudonym?: string;
  readonly trialId?: string;
  readonly trialName?: string;
  readonly excludeModalities?: readonly string[];
  readonly urgent?: boolean;
  /** null: now, at any hour. */
  readonly schedule?: Schedule | null;
}

/**
 * Enters a job with the tasks of another one, its first run and the message that starts it, in one transaction.
 * Throws RequestRefused `job-unknown`.
 * @param startOf makes the message, since names of workflows are not known here
 */
export async function cloneJob(
  pool: pg.Pool,
  { jobId, ownerId, idempotencyKey, changes = {} }: JobClone,
  startOf: (run: RunRef & { readonly urgent: boolean }) => OutboxMessage,
): Promise<CreatedJob> {
  return transaction(pool, async (client) => {
    await demandJob(client, jobId);
    const id = uuidv7();
    const { title, projectId, pseudonymize, trialId, trialName, excludeModalities, urgent, schedule } = changes;
    const { rows } = await client.query<{ number: number; urgent: boolean }>(CLONE_JOB, [
      id,
      jobId,
      ownerId,
      idempotencyKey,
      title,
      projectId,
      pseudonymize,
      trialId,
      trialName,
      urgent,
      schedule !== undefined,
      schedule ? JSON.stringify(schedule) : null,
      excludeModalities,
    ]);
    const [row] = rows;
    if (!row) return existingJob(client, { ownerId, idempotencyKey });
    await client.query('INSERT INTO job_run (job_id, run_no) VALUES ($1, 1)', [id]);
    await client.query(CLONE_TASKS, [id, jobId, changes.destinationId, changes.pseudonym]);
    await enqueue(client, startOf({ jobId: id, runNo: 1, urgent: row.urgent }));
    return { id, number: row.number, created: true };
  });
}

async function demandJob(client: Queryable, jobId: string): Promise<void> {
  const { rowCount } = await client.query('SELECT FROM job WHERE id = $1 AND deleted_at IS NULL', [jobId]);
  if (rowCount === 0) throw new RequestRefused('job-unknown');
}

const CLONE_JOB = `
  INSERT INTO job (id, kind, project_id, owner_id, idempotency_key, title, pseudonymize, trial_id, trial_name, urgent,
    schedule, exclude_modalities)
  SELECT $1, kind, coalesce($6, project_id), $3, $4, coalesce($5, title), coalesce($7, pseudonymize),
    coalesce($8, trial_id), coalesce($9, trial_name), coalesce($10, urgent),
    CASE WHEN $11::boolean THEN $12::jsonb ELSE schedule END, coalesce($13, exclude_modalities)
  FROM job WHERE id = $2
  ON CONFLICT (owner_id, idempotency_key) DO NOTHING RETURNING number, urgent`;

const CLONE_TASKS = `
  INSERT INTO task (id, job_id, task_no, source_id, destination_id, study_instance_uid, series_instance_uids, patient_id,
    patient_name, study_date, study_time, modalities, study_description, accession_number, pseudonym)
  SELECT gen_random_uuid(), clone.id, t.task_no, t.source_id, coalesce($3, t.destination_id), t.study_instance_uid,
    t.series_instance_uids, t.patient_id, t.patient_name, t.study_date, t.study_time, t.modalities,
    t.study_description, t.accession_number,
    CASE WHEN clone.pseudonymize THEN coalesce($4, CASE WHEN clone.project_id = j.project_id THEN t.pseudonym END) END
  FROM task AS t JOIN job AS j ON j.id = t.job_id JOIN job AS clone ON clone.id = $1
  WHERE t.job_id = $2 ORDER BY t.task_no`;

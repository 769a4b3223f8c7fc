import type { Schedule } from '@viaduct/domain';
import type pg from 'pg';
import type { Queryable } from './database.ts';
import { enqueue } from './outbox.ts';
import type { OutboxMessage } from './outbox.ts';
import type { RunRef } from './refs.ts';
import { rowsParameter, transaction } from './transaction.ts';
import { uuidv7 } from './uuid.ts';

/** A task as it is entered: one study, or series of it, with what is known from the catalogue. */
export interface NewTask {
  readonly sourceId: string;
  readonly destinationId: string;
  readonly studyInstanceUid: string;
  /** Empty or absent means the whole study. */
  readonly seriesInstanceUids?: readonly string[];
  readonly patientId?: string;
  readonly patientName?: string;
  readonly studyDate?: string;
  readonly studyTime?: string;
  readonly modalities?: readonly string[];
  readonly studyDescription?: string;
  readonly accessionNumber?: string;
  readonly pseudonym?: string | null;
}

export interface NewJob {
  readonly kind: string;
  readonly projectId: string;
  readonly ownerId: string;
  /** The same key of the same owner gives the same job. */
  readonly idempotencyKey: string;
  readonly title: string;
  readonly pseudonymize: boolean;
  readonly trialId: string;
  readonly trialName: string;
  /** Series of these modalities are left out; absent: none. */
  readonly excludeModalities?: readonly string[];
  readonly urgent: boolean;
  /** When it may be worked on; null or absent: now, at any hour. */
  readonly schedule?: Schedule | null;
  readonly tasks: readonly NewTask[];
}

/** `created` is false when the owner had used the idempotency key before; `id` is that job then. */
export interface CreatedJob {
  readonly id: string;
  readonly number: number;
  readonly created: boolean;
}

const BATCH = 5_000;
/** A job of this many tasks counts for the planning of queries. */
const LARGE = 10_000;

/**
 * Enters a job with its tasks, its first run and the message that starts it, in one transaction.
 * `startOf` makes the message, since names of workflows are not known here.
 */
export async function createJob(
  pool: pg.Pool,
  job: NewJob,
  startOf: (run: RunRef) => OutboxMessage,
): Promise<CreatedJob> {
  return transaction(pool, async (client) => {
    const id = uuidv7();
    const { rows } = await client.query<{ number: number }>(
      `INSERT INTO job (id, kind, project_id, owner_id, idempotency_key, title, pseudonymize, trial_id, trial_name, urgent,
         schedule, exclude_modalities)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
       ON CONFLICT (owner_id, idempotency_key) DO NOTHING RETURNING number`,
      [
        id,
        job.kind,
        job.projectId,
        job.ownerId,
        job.idempotencyKey,
        job.title,
        job.pseudonymize,
        job.trialId,
        job.trialName,
        job.urgent,
        job.schedule ? JSON.stringify(job.schedule) : null,
        job.excludeModalities ?? [],
      ],
    );
    const [row] = rows;
    if (!row) return existingJob(client, job);
    await client.query('INSERT INTO job_run (job_id, run_no) VALUES ($1, 1)', [id]);
    for (let from = 0; from < job.tasks.length; from += BATCH) {
      await insertTasks(client, id, from, job.tasks.slice(from, from + BATCH));
    }
    // A large job changes what the table looks like: its first pages would be planned as if it were not there.
    if (job.tasks.length >= LARGE) await client.query('ANALYZE task');
    await enqueue(client, startOf({ jobId: id, runNo: 1 }));
    return { id, number: row.number, created: true };
  });
}

/** The job that an owner has entered under a key before. */
export async function existingJob(
  client: Queryable,
  { ownerId, idempotencyKey }: Pick<NewJob, 'ownerId' | 'idempotencyKey'>,
): Promise<CreatedJob> {
  const { rows } = await client.query<{ id: string; number: number }>(
    'SELECT id, number FROM job WHERE owner_id = $1 AND idempotency_key = $2',
    [ownerId, idempotencyKey],
  );
  const [row] = rows;
  if (!row) throw new Error('the job of this idempotency key has been deleted meanwhile');
  return { ...row, created: false };
}

async function insertTasks(client: Queryable, jobId: string, offset: number, tasks: readonly NewTask[]): Promise<void> {
  await client.query(
    `INSERT INTO task (id, job_id, task_no, source_id, destination_id, study_instance_uid, series_instance_uids,
       patient_id, patient_name, study_date, study_time, modalities, study_description, accession_number, pseudonym)
     SELECT id, $1, "taskNo", "sourceId", "destinationId", "studyInstanceUid", coalesce("seriesInstanceUids", '{}'),
       coalesce("patientId", ''), coalesce("patientName", ''), coalesce("studyDate", ''), coalesce("studyTime", ''),
       coalesce(modalities, '{}'), coalesce("studyDescription", ''), coalesce("accessionNumber", ''), pseudonym
     FROM json_to_recordset($2::json) AS r(id uuid, "taskNo" integer, "sourceId" uuid, "destinationId" uuid,
       "studyInstanceUid" text, "seriesInstanceUids" text[], "patientId" text, "patientName" text, "studyDate" text,
       "studyTime" text, modalities text[], "studyDescription" text, "accessionNumber" text, pseudonym text)`,
    [jobId, rowsParameter(tasks.map((task, index) => ({ ...task, id: uuidv7(), taskNo: offset + index + 1 })))],
  );
}

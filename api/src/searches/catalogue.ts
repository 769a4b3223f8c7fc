import { createHash } from 'node:crypto';
import type { StudyAnswer, StudyCriteria } from '@viaduct/pacs';
import { rowsParameter, type Database } from '@viaduct/prisma';

/** Questions and studies that are kept at most; beyond that the oldest go. */
const MOST_QUESTIONS = 1_000;
const MOST_STUDIES = 500_000;

/** How long searches may be answered from the catalogue (minutes; 0: never), and how long it keeps studies (days). */
export interface CatalogueTimes {
  readonly freshMinutes: number;
  readonly days: number;
}

/** What a source has answered to a question, and when it was asked. */
export interface KeptAnswer {
  readonly retrievedAt: Date;
  readonly studies: readonly StudyAnswer[];
}

/** The name of a question: the same for criteria that ask for the same, and nothing can be read from it. */
export function questionOf(criteria: StudyCriteria): string {
  const asked = Object.entries(criteria as Readonly<Record<string, string | readonly string[] | undefined>>)
    .filter(([, value]) => value !== undefined && value.length > 0)
    .map(([name, value]) => [name, typeof value === 'object' ? [...value].sort() : value] as const)
    .sort(([one], [other]) => one.localeCompare(other));
  return createHash('sha256').update(JSON.stringify(asked)).digest('hex');
}

/** Keeps what a source has answered, with the time of the answer; a study that is known is brought up to date. */
export async function keepStudies(
  pool: Database['pool'],
  nodeId: string,
  studies: readonly StudyAnswer[],
): Promise<void> {
  if (studies.length === 0) return;
  await pool.query(
    `INSERT INTO catalogue_study (node_id, study_instance_uid, patient_id, patient_name, patient_birth_date, patient_sex,
       study_date, study_time, accession_number, study_description, modalities, number_of_series, number_of_instances)
     SELECT $1, "studyInstanceUid", "patientId", "patientName", "patientBirthDate", "patientSex",
       "studyDate", "studyTime", "accessionNumber", "studyDescription",
       ARRAY(SELECT json_array_elements_text(modalities)), "numberOfSeries", "numberOfInstances"
     FROM json_to_recordset($2::json) AS study ("studyInstanceUid" text, "patientId" text, "patientName" text,
       "patientBirthDate" text, "patientSex" text, "studyDate" text, "studyTime" text, "accessionNumber" text,
       "studyDescription" text, modalities json, "numberOfSeries" int, "numberOfInstances" int)
     ON CONFLICT (node_id, study_instance_uid) DO UPDATE SET
       patient_id = excluded.patient_id, patient_name = excluded.patient_name,
       patient_birth_date = excluded.patient_birth_date, patient_sex = excluded.patient_sex,
       study_date = excluded.study_date, study_time = excluded.study_time,
       accession_number = excluded.accession_number, study_description = excluded.study_description,
       modalities = excluded.modalities,
       number_of_series = coalesce(excluded.number_of_series, catalogue_study.number_of_series),
       number_of_instances = coalesce(excluded.number_of_instances, catalogue_study.number_of_instances),
       retrieved_at = now()`,
    [nodeId, rowsParameter(studies)],
  );
}

/** Keeps which studies a source has named, all of them, in answer to a question that was asked `ms` ago. */
export async function keepAnswer(
  pool: Database['pool'],
  nodeId: string,
  question: string,
  { uids, ms }: { readonly uids: readonly string[]; readonly ms: number },
): Promise<void> {
  await pool.query(
    `INSERT INTO catalogue_question (node_id, question, study_instance_uids, retrieved_at)
     VALUES ($1, $2, $3, now() - $4 * interval '1 ms')
     ON CONFLICT (node_id, question) DO UPDATE SET
       study_instance_uids = excluded.study_instance_uids, retrieved_at = excluded.retrieved_at`,
    [nodeId, question, uids, ms],
  );
}

/**
 * What a source has answered to a question within the last minutes; undefined: it has to be asked. What was answered
 * before the node was changed, or before a transfer to it ended, does not count.
 */
export async function readAnswer(
  pool: Database['pool'],
  nodeId: string,
  question: string,
  freshMinutes: number,
): Promise<KeptAnswer | undefined> {
  const { rows } = await pool.query<KeptAnswer & { count: number }>(
    `SELECT q.retrieved_at AS "retrievedAt", cardinality(q.study_instance_uids) AS count, coalesce((
       SELECT json_agg(json_build_object('studyInstanceUid', c.study_instance_uid, 'patientId', c.patient_id,
         'patientName', c.patient_name, 'patientBirthDate', c.patient_birth_date, 'patientSex', c.patient_sex,
         'studyDate', c.study_date, 'studyTime', c.study_time, 'accessionNumber', c.accession_number,
         'studyDescription', c.study_description, 'modalities', c.modalities,
         'numberOfSeries', c.number_of_series, 'numberOfInstances', c.number_of_instances))
       FROM catalogue_study AS c
       WHERE c.node_id = q.node_id AND c.study_instance_uid = ANY (q.study_instance_uids)), '[]') AS studies
     FROM catalogue_question AS q JOIN node AS n ON n.id = q.node_id
     WHERE q.node_id = $1 AND q.question = $2
       AND q.retrieved_at > greatest(n.updated_at, now() - $3::float8 * interval '1 minute')
       AND NOT EXISTS (SELECT FROM task AS t WHERE t.destination_id = n.id AND t.ended_at > q.retrieved_at)`,
    [nodeId, question, freshMinutes],
  );
  const [row] = rows;
  // A study that has left the catalogue since would be missing.
  return row?.studies.length === row?.count ? row : undefined;
}

/** Removes what is too old or too much. */
export async function forgetAnswers(pool: Database['pool'], { freshMinutes, days }: CatalogueTimes): Promise<void> {
  for (const [table, minutes, most] of [
    ['catalogue_question', freshMinutes, MOST_QUESTIONS],
    ['catalogue_study', days * 24 * 60, MOST_STUDIES],
  ] as const) {
    await pool.query(
      `DELETE FROM ${table} WHERE retrieved_at < greatest(now() - $1::float8 * interval '1 minute',
         (SELECT retrieved_at FROM ${table} ORDER BY retrieved_at DESC OFFSET $2 - 1 LIMIT 1))`,
      [minutes, most],
    );
  }
}

import type { StudyAnswer } from '@viaduct/pacs';
import { rowsParameter, type Database } from '@viaduct/prisma';

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

import type { InstanceState } from '@viaduct/domain';
import type { Queryable } from './database.ts';

/** Instances in these states stay here although nothing has failed. */
const WITHHELD = `('excluded', 'held')`;

/** A series, or what of it stays here for the same reason. */
export interface WithheldSeries {
  readonly taskNo: number;
  readonly seriesInstanceUid: string;
  readonly modality: string;
  readonly seriesNumber: string;
  readonly seriesDescription: string;
  readonly state: Extract<InstanceState, 'excluded' | 'held'>;
  /** What left it out: its modality, as the job has it, or the profile or whoever looked at it; null while it is held. */
  readonly because: 'modality' | 'left-out' | null;
  readonly instances: number;
}

const BECAUSE = `CASE state WHEN 'excluded' THEN coalesce(cause, 'modality') END`;

/** The series of a job that stay here, by study and series number; at most `limit`. */
export async function readWithheld(pool: Queryable, jobId: string, limit: number): Promise<WithheldSeries[]> {
  const { rows } = await pool.query<WithheldSeries>(
    `SELECT t.task_no AS "taskNo", i.series_instance_uid AS "seriesInstanceUid", i.modality,
       i.series_number AS "seriesNumber", i.series_description AS "seriesDescription", i.state, i.because,
       count(*)::int AS instances
     FROM task AS t CROSS JOIN LATERAL (
       SELECT *, ${BECAUSE} AS because FROM instance WHERE task_id = t.id AND state IN ${WITHHELD}
     ) AS i
     WHERE t.job_id = $1 GROUP BY 1, 2, 3, 4, 5, 6, 7
     ORDER BY 1, lpad(trim(i.series_number), 12, '0'), 2, 6, 7 LIMIT $2`,
    [jobId, limit],
  );
  return rows;
}

/** The same of the task `$1`, for its manifest: without descriptions, in which people write names. */
export const WITHHELD_OF_TASK = `
  SELECT coalesce(jsonb_agg(to_jsonb(s)), '[]') FROM (
    SELECT series_instance_uid AS "seriesInstanceUid", modality, series_number AS "seriesNumber", state,
      ${BECAUSE} AS because, count(*) AS instances
    FROM instance WHERE task_id = $1 AND state IN ${WITHHELD} GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 4, 5) AS s`;

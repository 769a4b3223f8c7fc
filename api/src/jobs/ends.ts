import type { Database } from '@viaduct/prisma';

/** Where the tasks of a job come from and go to. */
export interface JobEnds {
  readonly sourceIds: readonly string[];
  readonly destinationIds: readonly string[];
}

/** Jobs whose ends are remembered. */
const REMEMBERED = 10_000;
const remembered = new Map<string, JobEnds>();

/**
 * The ends of jobs by job id. They never change once a job exists, so they are read once: of a job of 100,000 tasks
 * that takes some tens of milliseconds.
 */
export async function readEnds(
  pool: Database['pool'],
  jobIds: readonly string[],
): Promise<ReadonlyMap<string, JobEnds>> {
  const unknown = jobIds.filter((id) => !remembered.has(id));
  const fresh = unknown.length > 0 ? await query(pool, unknown) : [];
  for (const { jobId, ...ends } of fresh) {
    const [oldest] = remembered.keys();
    if (remembered.size >= REMEMBERED && oldest !== undefined) remembered.delete(oldest);
    remembered.set(jobId, ends);
  }
  const found = new Map(fresh.map(({ jobId, ...ends }) => [jobId, ends]));
  return new Map(
    jobIds.flatMap((id) => {
      const ends = found.get(id) ?? remembered.get(id);
      return ends ? [[id, ends] as const] : [];
    }),
  );
}

async function query(pool: Database['pool'], jobIds: readonly string[]) {
  const { rows } = await pool.query<JobEnds & { jobId: string }>(
    `SELECT job_id AS "jobId", array_agg(DISTINCT source_id) AS "sourceIds",
       array_agg(DISTINCT destination_id) AS "destinationIds"
     FROM (SELECT DISTINCT job_id, source_id, destination_id FROM task WHERE job_id = ANY ($1::uuid[])) AS t
     GROUP BY job_id`,
    [jobIds],
  );
  return rows;
}

import type { Database } from '@viaduct/prisma';

/** What the ledger of a task knows of the study, in numbers. */
export interface KnownInstances {
  /** Each series: its instances, whatever their state, and their SOP classes as far as the source named them. */
  readonly bySeries: ReadonlyMap<string, KnownSeries>;
  /** SOP classes of the study. */
  readonly sopClassUids: readonly string[];
  /** A rule leaves something out, so the study as a whole must not be asked for. */
  readonly hasExcluded: boolean;
  /** What is lacking now has been asked for before: the classes that the source names may not be all. */
  readonly isAgain: boolean;
}

/** What is known of a series. */
export interface KnownSeries {
  readonly instances: number;
  readonly sopClassUids: readonly string[];
}

/** Counts the instances of a task by series, and names their SOP classes. */
export async function knownInstances({ pool }: Database, taskId: string): Promise<KnownInstances> {
  const { rows } = await pool.query<{
    series: string;
    count: number;
    classes: string[];
    excluded: boolean;
    again: boolean;
  }>(
    `SELECT series_instance_uid AS series, count(*)::int AS count,
       EXISTS (SELECT FROM step WHERE task_id = $1 AND step = 'verify' AND outcome = 'done') AS again,
       array_agg(DISTINCT sop_class_uid) FILTER (WHERE sop_class_uid <> '') AS classes,
       bool_or(state = 'excluded') AS excluded
     FROM instance WHERE task_id = $1 GROUP BY series_instance_uid`,
    [taskId],
  );
  return {
    bySeries: new Map(
      rows.map(({ series, count, classes }) => [series, { instances: count, sopClassUids: classes ?? [] }]),
    ),
    sopClassUids: [...new Set(rows.flatMap(({ classes }) => classes ?? []))],
    hasExcluded: rows.some(({ excluded }) => excluded),
    isAgain: rows.some(({ again }) => again),
  };
}

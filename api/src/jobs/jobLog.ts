import { isCause, sentenceOf, type CauseFacts } from '@viaduct/domain';
import type { Database } from '@viaduct/prisma';
import { z } from 'zod';
import { decodeCursor, encodeCursor } from '../http/cursor.ts';
import type { LogEntryView } from '../schemas/jobs.ts';
import { readRequestsById } from './requestView.ts';

/** Time as PostgreSQL writes it (microseconds), kind and id of the last entry of the page before. */
const position = z.tuple([z.string().max(40), z.string(), z.string()]);

interface Row {
  readonly at: Date;
  readonly exactly: string;
  readonly kind: 'request' | 'requested' | 'started' | 'ended' | 'failure';
  readonly id: string;
  readonly runNo: number;
}

interface FailureRow {
  readonly id: string;
  readonly taskNo: number;
  readonly step: string;
  readonly partNo: number | null;
  readonly attempt: number;
  readonly hostId: string;
  readonly cause: string | null;
  readonly facts: CauseFacts | null;
  readonly source: string;
  readonly destination: string;
  readonly destinationId: string;
}

/** Of a run that a person asks for, the request is the entry; only the first one begins by itself. */
const PAGE = `
  WITH window_of AS (SELECT created_at AS from_at, coalesce(ended_at, now()) AS to_at FROM job WHERE id = $1),
  entries AS (
    SELECT requested_at AS at, 'request' AS kind, id::text AS id, run_no FROM request WHERE job_id = $1
    UNION ALL
    SELECT j.created_at, 'requested', '1', 1 FROM job AS j WHERE j.id = $1
    UNION ALL
    SELECT started_at, 'started', run_no::text, run_no FROM job_run WHERE job_id = $1 AND started_at IS NOT NULL
    UNION ALL
    SELECT ended_at, 'ended', run_no::text, run_no FROM job_run WHERE job_id = $1 AND ended_at IS NOT NULL
    UNION ALL (
      SELECT s.ended_at, 'failure', s.id::text, s.run_no FROM step AS s JOIN task AS t ON t.id = s.task_id, window_of AS w
      WHERE s.outcome = 'failed' AND t.job_id = $1 AND s.ended_at BETWEEN w.from_at AND w.to_at + interval '1 minute'
        AND ($2::timestamptz IS NULL OR s.ended_at <= $2)
      ORDER BY s.ended_at DESC, s.id::text DESC LIMIT $5)
  )
  SELECT at, at::text AS exactly, kind, id, run_no AS "runNo" FROM entries
  WHERE $2::timestamptz IS NULL OR (at, kind, id) < ($2, $3, $4)
  ORDER BY at DESC, kind DESC, id DESC LIMIT $5`;

const FAILURES = `
  SELECT s.id::text, t.task_no AS "taskNo", s.step, s.part_no AS "partNo", s.attempt, s.host_id AS "hostId", s.cause,
    s.cause_facts AS facts, n.name AS source, d.name AS destination, d.id AS "destinationId"
  FROM step AS s JOIN task AS t ON t.id = s.task_id JOIN node AS n ON n.id = t.source_id
    JOIN node AS d ON d.id = t.destination_id
  WHERE s.id = ANY ($1::bigint[])`;

/** A page of what happened to a job: requests, runs and failures of steps, newest first. */
export async function readJobLog(
  pool: Database['pool'],
  jobId: string,
  query: { readonly limit: number; readonly cursor?: string },
): Promise<{ items: LogEntryView[]; nextCursor: string | null }> {
  const after = query.cursor === undefined ? [null, null, null] : decodeCursor(position, query.cursor);
  // Failures of one instant may lie on both sides of the cursor: a few more are read than are shown.
  const { rows } = await pool.query<Row>(PAGE, [jobId, ...after, query.limit + 1]);
  const page = rows.slice(0, query.limit);
  const idsOf = (kind: Row['kind']) => page.filter((row) => row.kind === kind).map(({ id }) => id);
  const [requests, { rows: failed }] = await Promise.all([
    readRequestsById(pool, idsOf('request')),
    pool.query<FailureRow>(FAILURES, [idsOf('failure')]),
  ]);
  const failures = new Map(failed.map((row) => [row.id, row]));
  const items = page.flatMap((row): LogEntryView[] => {
    const logged = { at: row.at.toISOString(), runNo: row.runNo };
    if (row.kind === 'request') {
      const request = requests.get(row.id)?.view;
      return request ? [{ kind: 'request', ...logged, request }] : [];
    }
    if (row.kind !== 'failure') return [{ kind: 'run', ...logged, event: row.kind }];
    const failure = failures.get(row.id);
    return failure ? [{ kind: 'failure', ...logged, ...failureView(failure) }] : [];
  });
  const last = rows.length > query.limit ? page.at(-1) : undefined;
  return { items, nextCursor: last ? encodeCursor([last.exactly, last.kind, last.id]) : null };
}

function failureView({ cause, facts, source, destination, destinationId, id: _, ...row }: FailureRow) {
  const atDestination = row.step === 'store' || row.step === 'verify' || facts?.['nodeId'] === destinationId;
  const node = atDestination ? destination : source;
  return { ...row, text: sentenceOf(isCause(cause) ? cause : 'internal', facts ?? {}, node) };
}

import { explainRefusal, type Action } from '@viaduct/domain';
import type { Database } from '@viaduct/prisma';
import type { RequestView } from '../schemas/actions.ts';

/** What a request is read with; the numbers of its tasks can be many and stay in the database. */
const SHOWN = `r.id, CASE WHEN cardinality(r.task_nos) = 1 THEN r.task_nos[1] END AS "taskNo",
  cardinality(r.task_nos) AS "taskCount", r.action, r.mode, (r.value ->> 'urgent')::boolean AS urgent, r.state, r.reason,
  r.changed, r.unchanged, cardinality(r.waiting_for) AS "waitingFor", u.name AS by, r.requested_at AS "requestedAt",
  r.settled_at AS "settledAt", r.run_no AS "runNo"`;

interface Row extends Omit<RequestView, 'action' | 'requestedAt' | 'settledAt'> {
  readonly action: string;
  readonly requestedAt: Date;
  readonly settledAt: Date | null;
  readonly runNo: number;
}

/** The newest requests of a job, newest first. */
export async function readRequests(pool: Database['pool'], jobId: string, limit: number): Promise<RequestView[]> {
  const { rows } = await pool.query<Row>(
    `SELECT ${SHOWN} FROM request AS r JOIN "user" AS u ON u.id = r.user_id
     WHERE r.job_id = $1 ORDER BY r.requested_at DESC, r.id DESC LIMIT $2`,
    [jobId, limit],
  );
  return rows.map(requestView);
}

/** Requests by their ids, in any order, with the run they belong to. */
export async function readRequestsById(
  pool: Database['pool'],
  ids: readonly string[],
): Promise<Map<string, { readonly view: RequestView; readonly runNo: number }>> {
  if (ids.length === 0) return new Map();
  const { rows } = await pool.query<Row>(
    `SELECT ${SHOWN} FROM request AS r JOIN "user" AS u ON u.id = r.user_id WHERE r.id = ANY ($1::uuid[])`,
    [ids],
  );
  return new Map(rows.map((row) => [row.id, { view: requestView(row), runNo: row.runNo }]));
}

/** One request. */
export async function readRequest(pool: Database['pool'], id: string): Promise<RequestView> {
  const found = (await readRequestsById(pool, [id])).get(id);
  if (!found) throw new Error('the request is gone');
  return found.view;
}

function requestView({ runNo: _, ...row }: Row): RequestView {
  return {
    ...row,
    action: row.action as Action | 'force-end',
    reason: row.reason === null ? null : explainRefusal(row.reason),
    requestedAt: row.requestedAt.toISOString(),
    settledAt: row.settledAt?.toISOString() ?? null,
  };
}

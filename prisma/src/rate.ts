import type { Queryable } from './database.ts';

/** Requests may come this much closer together than evenly spread ones, after a pause (s). */
const BURST_S = 0.5;
/** How late a request may reach the node after its turn (s): connections take their time, and a minute is counted there. */
const LATE_S = 1;

/**
 * Reserves the next request (C-FIND, C-GET, C-MOVE) to a node within its limit of requests in any minute, in the order
 * of asking (GCRA). To be called right before each request, never inside a longer transaction.
 * @returns how long to wait before the request may be sent (ms); 0: at once, or the node has no limit
 */
export async function reserveRequest(pool: Queryable, nodeId: string): Promise<number> {
  const reserved = await reserveInstant(pool, nodeId);
  return reserved ? Math.max(0, Math.ceil(reserved.instant - reserved.now)) : 0;
}

/** The instant of the reserved request and that of its asking, by the clock of the database (ms since 1970). */
export async function reserveInstant(
  pool: Queryable,
  nodeId: string,
): Promise<{ instant: number; now: number } | undefined> {
  const { rows } = await pool.query<{ instant: number; now: number }>(RESERVE, [nodeId, BURST_S, LATE_S]);
  return rows[0];
}

/**
 * R requests at this spacing, the first of them as late as burst and connection allow, take no less than a minute, so
 * that no minute ever sees more than R, less at a lowered pace; of a single one a minute the next follows a minute, the burst and the delay later.
 */
const SPACING = `(CASE WHEN n.requests_per_minute = 1 THEN 60 + 2 * $2::float8 + $3::float8
  ELSE (60 + $2::float8 + $3::float8) / (n.requests_per_minute - 1) END) * interval '1 s' / coalesce(p.pace, 1)`;

const RESERVE = `
  UPDATE pacs_rate AS r SET tat = greatest(r.tat, clock_timestamp() - $2 * interval '1 s') + ${SPACING},
    requests = r.requests + 1
  FROM node AS n LEFT JOIN pacs_pace AS p ON p.node_id = n.id
  WHERE r.node_id = $1 AND n.id = r.node_id AND n.requests_per_minute > 0
  RETURNING 1000 * extract(epoch FROM r.tat - ${SPACING})::float8 AS instant,
    1000 * extract(epoch FROM clock_timestamp())::float8 AS now`;

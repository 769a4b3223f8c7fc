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

/** Bytes are given out for this time at least (s), so that the database is asked only some times a second. */
const GRAIN_S = 0.2;

/** Bytes that may go to a node or come from it, and how long to wait before the first of them (ms). */
export interface ByteGrant {
  readonly bytes: number;
  readonly waitMs: number;
}

/**
 * Reserves bytes to or from a node within its limit of bytes in a second, in the order of asking, over all processes.
 * @returns as many as were asked for or, where these are few, those of a fifth of a second; undefined: there is no limit
 */
export async function reserveBytes(pool: Queryable, nodeId: string, bytes: number): Promise<ByteGrant | undefined> {
  const { rows } = await pool.query<ByteGrant>(RESERVE_BYTES, [nodeId, bytes, GRAIN_S]);
  return rows[0];
}

const RESERVE_BYTES = `
  UPDATE pacs_rate AS r SET bytes_until = greatest(r.bytes_until, clock_timestamp()) + g.seconds * interval '1 s'
  FROM node AS n CROSS JOIN LATERAL (
    SELECT greatest($2::float8 / (1000000 * n.megabytes_per_second), $3::float8) AS seconds) AS g
  WHERE r.node_id = $1 AND n.id = r.node_id AND n.megabytes_per_second > 0
  RETURNING floor(1000000 * n.megabytes_per_second * g.seconds)::float8 AS bytes,
    greatest(0, 1000 * extract(epoch FROM r.bytes_until - g.seconds * interval '1 s' - clock_timestamp()))::float8
      AS "waitMs"`;

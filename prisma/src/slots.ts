import type { Queryable } from './database.ts';
import { ASSOCIATIONS_NOW } from './pace.ts';

/** A fenced association slot of a node. Whoever holds it may have one association open. */
export interface Slot {
  readonly nodeId: string;
  readonly slotNo: number;
  /** Rises with every acquisition; an older one no longer renews or releases anything. */
  readonly fence: string;
}

/** Brings the slots of a node in line with its limit. The database does it itself whenever the node changes. */
export async function syncSlots(pool: Queryable, nodeId: string): Promise<void> {
  await pool.query('SELECT sync_slots($1)', [nodeId]);
}

/** Who wants a slot, and what for. */
export interface SlotWish {
  readonly nodeId: string;
  /** The host id, or starts with the host id and a slash. */
  readonly holder: string;
  readonly ttlMs: number;
  /** The job it is used for, if it is for one. */
  readonly jobId?: string | null;
}

/**
 * Takes a free slot of a node for `ttlMs`, or returns null when all that its pace allows are taken. While a slot above a lowered limit is
 * still held, nothing new is given out.
 */
export async function acquireSlot(
  pool: Queryable,
  { nodeId, holder, ttlMs, jobId = null }: SlotWish,
): Promise<Slot | null> {
  const { rows } = await pool.query<{ slotNo: number; fence: string }>(
    `UPDATE pacs_slot SET holder = $2, job_id = $4, fence = fence + 1, expires_at = clock_timestamp() + $3 * interval '1 ms'
     WHERE (node_id, slot_no) = (
       SELECT s.node_id, s.slot_no FROM pacs_slot AS s JOIN node AS n ON n.id = s.node_id
         LEFT JOIN pacs_pace AS p ON p.node_id = n.id
       WHERE s.node_id = $1 AND s.slot_no <= ${ASSOCIATIONS_NOW} AND s.expires_at < clock_timestamp()
         AND NOT EXISTS (
           SELECT FROM pacs_slot AS surplus WHERE surplus.node_id = n.id
             AND surplus.slot_no > ${ASSOCIATIONS_NOW} AND surplus.expires_at >= clock_timestamp())
       ORDER BY s.slot_no FOR UPDATE OF s SKIP LOCKED LIMIT 1)
     RETURNING slot_no AS "slotNo", fence::text`,
    [nodeId, holder, ttlMs, jobId],
  );
  const [row] = rows;
  return row ? { nodeId, ...row } : null;
}

/**
 * Prolongs a slot by `ttlMs` from now, also one that has just expired while nobody else wanted it; one that `yields` only
 * while the node is not too slow for it.
 * False: the association has to be aborted, as the slot was lost or has to be given back.
 */
export async function renewSlot(pool: Queryable, slot: Slot, ttlMs: number, yields = false): Promise<boolean> {
  const { rowCount } = await pool.query(
    `UPDATE pacs_slot SET expires_at = clock_timestamp() + $4 * interval '1 ms'
     WHERE node_id = $1 AND slot_no = $2 AND fence = $3 AND holder IS NOT NULL AND NOT ($5 AND EXISTS (
       SELECT FROM node AS n JOIN pacs_pace AS p ON p.node_id = n.id
       WHERE n.id = $1 AND slot_no > ${ASSOCIATIONS_NOW} AND p.ceiling_gap_ms IS NOT NULL))`,
    [slot.nodeId, slot.slotNo, slot.fence, ttlMs, yields],
  );
  return rowCount === 1;
}

/** Gives a slot back. False: it had been lost before. */
export async function releaseSlot(pool: Queryable, slot: Slot): Promise<boolean> {
  const { rowCount } = await pool.query(
    `UPDATE pacs_slot SET holder = NULL, job_id = NULL, expires_at = '-infinity'
     WHERE node_id = $1 AND slot_no = $2 AND fence = $3 AND holder IS NOT NULL`,
    [slot.nodeId, slot.slotNo, slot.fence],
  );
  return rowCount === 1;
}

/** Frees every slot of a host at once, as its restarted worker does. Returns how many there were. */
export async function releaseHolder(pool: Queryable, hostId: string): Promise<number> {
  const { rowCount } = await pool.query(
    `UPDATE pacs_slot SET holder = NULL, job_id = NULL, expires_at = '-infinity', fence = fence + 1
     WHERE holder = $1 OR starts_with(holder, $1 || '/')`,
    [hostId],
  );
  return rowCount ?? 0;
}

/** Frees every slot that is used for a job; whoever has an association open on one finds it lost and aborts it. */
export async function releaseJob(pool: Queryable, jobId: string): Promise<number> {
  const { rowCount } = await pool.query(
    `UPDATE pacs_slot SET holder = NULL, job_id = NULL, expires_at = '-infinity', fence = fence + 1 WHERE job_id = $1`,
    [jobId],
  );
  return rowCount ?? 0;
}

/** The numbers of the jobs that hold slots of these nodes now, in order; a node without any is left out. */
export async function slotJobs(pool: Queryable, nodeIds: readonly string[]): Promise<ReadonlyMap<string, number[]>> {
  const { rows } = await pool.query<{ nodeId: string; jobs: number[] }>(
    `SELECT s.node_id AS "nodeId", array_agg(DISTINCT j.number ORDER BY j.number) AS jobs
     FROM pacs_slot AS s JOIN job AS j ON j.id = s.job_id
     WHERE s.node_id = ANY ($1) AND s.expires_at >= clock_timestamp() GROUP BY s.node_id`,
    [nodeIds],
  );
  return new Map(rows.map(({ nodeId, jobs }) => [nodeId, jobs]));
}

/** How many associations of a node are taken now, of how many. */
export interface SlotUsage {
  readonly nodeId: string;
  readonly used: number;
  readonly of: number;
  /** How many its pace allows now: fewer than `of` while it copes badly. */
  readonly allowed: number;
}

/** The usage of all server nodes, or of one. */
export async function slotUsage(pool: Queryable, nodeId: string | null = null): Promise<SlotUsage[]> {
  const { rows } = await pool.query<SlotUsage>(
    `SELECT n.id AS "nodeId", n.max_associations AS "of", ${ASSOCIATIONS_NOW} AS allowed,
       count(s.slot_no) FILTER (WHERE s.expires_at >= clock_timestamp())::int AS used
     FROM node AS n LEFT JOIN pacs_slot AS s ON s.node_id = n.id LEFT JOIN pacs_pace AS p ON p.node_id = n.id
     WHERE n.kind = 'server' AND ($1::uuid IS NULL OR n.id = $1)
     GROUP BY n.id, p.node_id ORDER BY n.id`,
    [nodeId],
  );
  return rows;
}

import type { Queryable } from './database.ts';

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

/**
 * Takes a free slot of a node for `ttlMs`, or returns null when all are taken. `holder` is the host id, or starts with
 * the host id and a slash. While a slot above a lowered limit is still held, nothing new is given out.
 */
export async function acquireSlot(
  pool: Queryable,
  { nodeId, holder, ttlMs }: { readonly nodeId: string; readonly holder: string; readonly ttlMs: number },
): Promise<Slot | null> {
  const { rows } = await pool.query<{ slotNo: number; fence: string }>(
    `UPDATE pacs_slot SET holder = $2, fence = fence + 1, expires_at = clock_timestamp() + $3 * interval '1 ms'
     WHERE (node_id, slot_no) = (
       SELECT s.node_id, s.slot_no FROM pacs_slot AS s JOIN node AS n ON n.id = s.node_id
       WHERE s.node_id = $1 AND s.slot_no <= n.max_associations AND s.expires_at < clock_timestamp()
         AND NOT EXISTS (
           SELECT FROM pacs_slot AS surplus WHERE surplus.node_id = n.id
             AND surplus.slot_no > n.max_associations AND surplus.expires_at >= clock_timestamp())
       ORDER BY s.slot_no FOR UPDATE OF s SKIP LOCKED LIMIT 1)
     RETURNING slot_no AS "slotNo", fence::text`,
    [nodeId, holder, ttlMs],
  );
  const [row] = rows;
  return row ? { nodeId, ...row } : null;
}

/**
 * Prolongs a slot by `ttlMs` from now, also one that has just expired while nobody else wanted it.
 * False: it was lost, the association has to be aborted.
 */
export async function renewSlot(pool: Queryable, slot: Slot, ttlMs: number): Promise<boolean> {
  const { rowCount } = await pool.query(
    `UPDATE pacs_slot SET expires_at = clock_timestamp() + $4 * interval '1 ms'
     WHERE node_id = $1 AND slot_no = $2 AND fence = $3 AND holder IS NOT NULL`,
    [slot.nodeId, slot.slotNo, slot.fence, ttlMs],
  );
  return rowCount === 1;
}

/** Gives a slot back. False: it had been lost before. */
export async function releaseSlot(pool: Queryable, slot: Slot): Promise<boolean> {
  const { rowCount } = await pool.query(
    `UPDATE pacs_slot SET holder = NULL, expires_at = '-infinity'
     WHERE node_id = $1 AND slot_no = $2 AND fence = $3 AND holder IS NOT NULL`,
    [slot.nodeId, slot.slotNo, slot.fence],
  );
  return rowCount === 1;
}

/** Frees every slot of a host at once, as its restarted worker does. Returns how many there were. */
export async function releaseHolder(pool: Queryable, hostId: string): Promise<number> {
  const { rowCount } = await pool.query(
    `UPDATE pacs_slot SET holder = NULL, expires_at = '-infinity', fence = fence + 1
     WHERE holder = $1 OR starts_with(holder, $1 || '/')`,
    [hostId],
  );
  return rowCount ?? 0;
}

/** How many associations of a node are taken now, of how many. */
export interface SlotUsage {
  readonly nodeId: string;
  readonly used: number;
  readonly of: number;
}

/** The usage of all server nodes, or of one. */
export async function slotUsage(pool: Queryable, nodeId: string | null = null): Promise<SlotUsage[]> {
  const { rows } = await pool.query<SlotUsage>(
    `SELECT n.id AS "nodeId", n.max_associations AS "of",
       count(s.slot_no) FILTER (WHERE s.expires_at >= clock_timestamp())::int AS used
     FROM node AS n LEFT JOIN pacs_slot AS s ON s.node_id = n.id
     WHERE n.kind = 'server' AND ($1::uuid IS NULL OR n.id = $1)
     GROUP BY n.id ORDER BY n.id`,
    [nodeId],
  );
  return rows;
}

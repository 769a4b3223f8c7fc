import type { Queryable } from './database.ts';

/**
 * Reserves the next request (C-FIND, C-GET, C-MOVE) to a node within its limit of requests in any minute, in the order
 * of asking. To be called right before each request, never inside a longer transaction.
 * @returns how long to wait before the request may be sent (ms); 0: at once, or the node has no limit
 */
export async function reserveRequest(pool: Queryable, nodeId: string): Promise<number> {
  void pool;
  void nodeId;
  throw new Error('not yet');
}

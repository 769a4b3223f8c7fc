import { setTimeout as delay } from 'node:timers/promises';
import { isUnavailable, reserveRequest, type Database } from '@viaduct/prisma';

/** Waits that are longer are told about, ms. */
const LONG_MS = 1_000;
const UNAVAILABLE_PAUSE_MS = 500;

/** Hears that a request waits for the node's limit of requests until then; null: that it has been sent. */
export type RateListener = (until: Date | null) => void | Promise<void>;

/**
 * Waits until a further request may be sent to a node, which has to follow at once. A database that restarts meanwhile is
 * waited for as well. Rejects with the signal's reason.
 */
export async function waitForTurn(
  nodeId: string,
  { pool }: Database,
  { signal, onRate }: { readonly signal?: AbortSignal; readonly onRate?: RateListener },
): Promise<void> {
  const waitMs = await reserve(nodeId, pool, signal);
  if (waitMs === 0) return;
  const isLong = waitMs >= LONG_MS;
  if (isLong) await onRate?.(new Date(Date.now() + waitMs));
  await pause(waitMs, signal);
  if (isLong) await onRate?.(null);
}

async function reserve(nodeId: string, pool: Database['pool'], signal: AbortSignal | undefined): Promise<number> {
  for (;;) {
    signal?.throwIfAborted();
    try {
      return await reserveRequest(pool, nodeId);
    } catch (error) {
      if (!isUnavailable(error)) throw error;
    }
    await pause(UNAVAILABLE_PAUSE_MS, signal);
  }
}

/** Timers may fire a little early and reject with an AbortError; ours are never early and say why. */
async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  await delay(ms + 1, undefined, { signal }).catch((error: unknown) => {
    signal?.throwIfAborted();
    throw error;
  });
}

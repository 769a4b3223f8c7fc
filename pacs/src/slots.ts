import { setTimeout as delay } from 'node:timers/promises';
import {
  acquireSlot,
  isUnavailable,
  releaseSlot,
  renewSlot,
  slotUsage,
  type Database,
  type Slot,
} from '@viaduct/prisma';

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 1_000;

export interface SlotOptions {
  readonly database: Database;
  /** Host id and what it is for, with a slash between. */
  readonly holder: string;
  readonly ttlMs: number;
  /** The job it is used for, if it is for one. */
  readonly jobId?: string;
  /** Its holder can go on later over another one: it counts as lost when the node has become too slow for so many. */
  readonly yields?: boolean;
}

/**
 * An association slot of a node while it is ours: renewed until it is disposed of. `lost` is aborted when a renewal
 * fails or comes too late; whoever uses the slot has to abort its association then.
 */
export class HeldSlot implements AsyncDisposable {
  readonly slot: Slot;
  readonly #options: SlotOptions;
  readonly #lost = new AbortController();
  readonly #released = new AbortController();
  readonly #renewing: Promise<void>;

  constructor(slot: Slot, options: SlotOptions) {
    this.slot = slot;
    this.#options = options;
    this.#renewing = this.#renew();
  }

  /** Aborted when the slot is not ours any more, or has to be given back. */
  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  /** Ends the renewals without giving the slot back: somebody else goes on with it. */
  async handOver(): Promise<Slot> {
    this.#released.abort();
    await this.#renewing;
    return this.slot;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#released.signal.aborted) return;
    await this.handOver();
    // A database that cannot be reached now: the slot becomes free by itself when its time is over.
    await releaseSlot(this.#options.database.pool, this.slot).catch(() => false);
  }

  async #renew(): Promise<void> {
    const { database, ttlMs, yields } = this.#options;
    let validUntil = performance.now() + ttlMs;
    while (!this.#lost.signal.aborted) {
      await delay(ttlMs / 5, undefined, { signal: this.#released.signal, ref: false }).catch(() => undefined);
      if (this.#released.signal.aborted) return;
      const asked = performance.now();
      try {
        if (!(await renewSlot(database.pool, this.slot, ttlMs, yields))) this.#lost.abort();
        else validUntil = asked + ttlMs;
      } catch {
        // The association must be gone before another process may take the slot.
        if (performance.now() > validUntil - ttlMs / 4) this.#lost.abort();
      }
    }
  }
}

/** Goes on with a slot that an earlier step took; null when it is not ours any more. */
export async function adoptSlot(lease: Slot, options: SlotOptions): Promise<HeldSlot | null> {
  return (await renewSlot(options.database.pool, lease, options.ttlMs)) ? new HeldSlot(lease, options) : null;
}

/** Takes a slot of a node now, or answers null when all are taken. */
export async function trySlot(nodeId: string, options: SlotOptions): Promise<HeldSlot | null> {
  const { database, holder, ttlMs, jobId } = options;
  const slot = await acquireSlot(database.pool, { nodeId, holder, ttlMs, jobId });
  return slot && new HeldSlot(slot, options);
}

/**
 * Waits until a slot of the node is free. A database that restarts meanwhile is waited for as well.
 * @param onWait told about every vain attempt: how many of the node's associations are open
 */
export async function waitForSlot(
  nodeId: string,
  options: SlotOptions & { readonly signal: AbortSignal; onWait?(used: number, of: number): Promise<void> | void },
): Promise<HeldSlot> {
  const { database, signal } = options;
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 1.5, LONGEST_PAUSE_MS)) {
    signal.throwIfAborted();
    try {
      const held = await trySlot(nodeId, options);
      if (held) return held;
      const [usage] = options.onWait ? await slotUsage(database.pool, nodeId) : [];
      if (usage) await options.onWait?.(usage.used, usage.allowed);
    } catch (error) {
      if (!isUnavailable(error)) throw error;
    }
    await abortable(delay(pause, undefined, { signal }), signal);
  }
}

/** Timers reject with an AbortError; ours say why. */
async function abortable(timer: Promise<void>, signal: AbortSignal): Promise<void> {
  await timer.catch((error: unknown) => {
    signal.throwIfAborted();
    throw error;
  });
}

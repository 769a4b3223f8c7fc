import { setTimeout as delay } from 'node:timers/promises';
import type { Throttle } from '@viaduct/dicom/dimse';
import { reserveBytes, type ByteGrant, type Database } from '@viaduct/prisma';
import type { GatewayNode } from './node.ts';

const MEGABYTE = 1_000_000;

/** What has to be known of a node to hold its limit of bytes in a second. */
export type Limited = Pick<GatewayNode, 'id' | 'megabytesPerSecond'>;

/**
 * Bytes to and from a node within its limit in a second, over all processes: each process has some milliseconds' worth of
 * them given out by the database and lets its connections take them in the order of their asking.
 */
export class Bandwidth {
  /** How often a connection had to wait. */
  waits = 0;
  readonly #node: Limited;
  readonly #pool: Database['pool'];
  #turn: Promise<void> = Promise.resolve();
  #left = 0;
  /** When what is left may be used, by `performance.now()`. */
  #from = 0;

  constructor(node: Limited, pool: Database['pool']) {
    this.#node = node;
    this.#pool = pool;
  }

  /** Settles when so many bytes may go, in the order of the calls; at once when the signal is aborted. Never rejects. */
  take(bytes: number, signal: AbortSignal): Promise<void> {
    this.#turn = this.#turn.then(() => this.#spend(bytes, signal));
    return orAborted(this.#turn, signal);
  }

  async #spend(bytes: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    if (this.#left < bytes) {
      const granted = await this.#reserve(bytes - this.#left);
      this.#left += granted.bytes;
      this.#from = performance.now() + granted.waitMs;
    }
    const waitMs = this.#from - performance.now();
    if (waitMs > 0) {
      this.waits += 1;
      await delay(waitMs, undefined, { signal }).catch(() => undefined);
    }
    if (!signal.aborted) this.#left -= bytes;
  }

  /** A limit that was lifted holds nothing back. While the database is away this process alone keeps to the limit. */
  async #reserve(bytes: number): Promise<ByteGrant> {
    const { id, megabytesPerSecond } = this.#node;
    try {
      return (await reserveBytes(this.#pool, id, bytes)) ?? { bytes, waitMs: 0 };
    } catch {
      return { bytes, waitMs: megabytesPerSecond ? (1_000 * bytes) / (MEGABYTE * megabytesPerSecond) : 0 };
    }
  }
}

/** The bandwidths of a process, one for each node that has a limit. */
export class Bandwidths {
  readonly #pool: Database['pool'];
  readonly #known = new Map<string, Bandwidth>();

  constructor(pool: Database['pool']) {
    this.#pool = pool;
  }

  /** Undefined: the node has no limit. */
  of(node: Limited): Bandwidth | undefined {
    if (!node.megabytesPerSecond) return undefined;
    const known = this.#known.get(node.id) ?? new Bandwidth(node, this.#pool);
    this.#known.set(node.id, known);
    return known;
  }

  /** What holds the connections of a node to its limit; undefined: it has none. */
  throttleOf(node: Limited): Throttle | undefined {
    const bandwidth = this.of(node);
    return bandwidth && ((bytes, signal) => bandwidth.take(bytes, signal));
  }
}

function orAborted(turn: Promise<void>, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const settle = () => {
      signal.removeEventListener('abort', settle);
      resolve();
    };
    signal.addEventListener('abort', settle);
    void turn.then(settle);
  });
}

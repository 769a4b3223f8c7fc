import { setTimeout as delay } from 'node:timers/promises';

/** A change waits so long for others (ms), longer while a commit is on its way; and the most rows that are committed at a time. */
const BATCH_MS = 200;
const BATCH_ROWS = 200;
/** How long `flush` goes on when the database does not answer (ms). */
const FLUSH_PATIENCE_MS = 10_000;
const RETRY_MS = 250;

/**
 * Gathers changes of ledger rows and commits them in small batches. Changes of one instance that meet here become one; those
 * that cannot are committed in their order, each in a batch of its own.
 * A commit that fails is repeated; what could never be committed is found again in the spool and its journal.
 */
export class BatchWriter<Row extends { readonly sopInstanceUID: string }> {
  readonly #commit: (rows: readonly Row[]) => Promise<void>;
  readonly #merge: (earlier: Row, later: Row) => Row | undefined;
  /** Waves of rows; within a wave each instance appears once. */
  #waves: Map<string, Row>[] = [];
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;

  /**
   * @param commit writes rows of distinct instances in one transaction; may be repeated with the same rows
   * @param merge one change that does what two of an instance do; undefined when there is none
   */
  constructor(
    commit: (rows: readonly Row[]) => Promise<void>,
    merge: (earlier: Row, later: Row) => Row | undefined = () => undefined,
  ) {
    this.#commit = commit;
    this.#merge = merge;
  }

  /** How many changes are not committed yet. */
  get pending(): number {
    return this.#waves.reduce((sum, wave) => sum + wave.size, 0);
  }

  add(row: Row): void {
    const { sopInstanceUID } = row;
    const last = this.#waves.findLastIndex((candidate) => candidate.has(sopInstanceUID));
    const earlier = this.#waves[last]?.get(sopInstanceUID);
    const merged = earlier && this.#merge(earlier, row);
    const wave = merged ? last : last + 1;
    const target = this.#waves[wave] ?? new Map<string, Row>();
    if (wave === this.#waves.length) this.#waves.push(target);
    target.set(sopInstanceUID, merged ?? row);
    this.#drainIn(BATCH_MS);
  }

  /** Commits everything that was added. Rejects with the database's error when it cannot for ten seconds. */
  async flush(): Promise<void> {
    const until = Date.now() + FLUSH_PATIENCE_MS;
    for (;;) {
      try {
        while (this.pending > 0 || this.#running) await this.#drain();
        clearTimeout(this.#timer);
        this.#timer = undefined;
        return;
      } catch (error) {
        if (Date.now() > until) throw error;
        await delay(RETRY_MS);
      }
    }
  }

  #drainIn(ms: number): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#drain().then(
        () => this.pending > 0 && this.#drainIn(BATCH_MS),
        () => this.#drainIn(RETRY_MS),
      );
    }, ms);
  }

  #drain(): Promise<void> {
    this.#running ??= this.#commitWaves().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  /** Commits what is there now. A change that arrives meanwhile waits for the next time, together with those after it. */
  async #commitWaves(): Promise<void> {
    const waves = this.#waves.splice(0);
    try {
      for (let wave = waves[0]; wave; wave = waves[0]) {
        const rows = [...wave.values()].slice(0, BATCH_ROWS);
        await this.#commit(rows);
        for (const row of rows) wave.delete(row.sopInstanceUID);
        if (wave.size === 0) waves.shift();
      }
    } finally {
      this.#waves.unshift(...waves);
    }
  }
}

/** Virtual time: callbacks in the order of their instants. */
export class Clock {
  now: number;
  readonly #entries: { at: number; order: number; run: (() => void) | null }[] = [];
  #order = 0;

  /** @param now ms since 1970 */
  constructor(now = Date.UTC(2026, 0, 1)) {
    this.now = now;
  }

  /** Runs `callback` after some ms unless the returned function is called before. */
  after(ms: number, callback: () => void): () => void {
    const entry = { at: this.now + ms, order: this.#order++, run: callback as (() => void) | null };
    const index = this.#entries.findLastIndex(({ at }) => at <= entry.at);
    this.#entries.splice(index + 1, 0, entry);
    return () => (entry.run = null);
  }

  /** Goes on to the next callback; false when there is none. */
  advance(): boolean {
    for (let entry = this.#entries.shift(); entry; entry = this.#entries.shift()) {
      if (!entry.run) continue;
      this.now = entry.at;
      entry.run();
      return true;
    }
    return false;
  }
}

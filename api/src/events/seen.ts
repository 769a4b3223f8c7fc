/** Remembers what a reader has been sent, so that only what looks different is sent again. */
export class Seen<T> {
  readonly #idOf: (item: T) => string | number;
  #texts = new Map<string | number, string>();

  constructor(idOf: (item: T) => string | number) {
    this.#idOf = idOf;
  }

  /** Those that are new or look different. */
  changed(items: readonly T[]): T[] {
    return items.filter((item) => {
      const text = JSON.stringify(item);
      const id = this.#idOf(item);
      if (this.#texts.get(id) === text) return false;
      this.#texts.set(id, text);
      return true;
    });
  }

  /** Ids that are remembered although they are not among these; they are forgotten. */
  gone(ids: ReadonlySet<string | number>): (string | number)[] {
    const gone = [...this.#texts.keys()].filter((id) => !ids.has(id));
    for (const id of gone) this.#texts.delete(id);
    return gone;
  }
}

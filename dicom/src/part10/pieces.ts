interface Piece {
  readonly bytes: Buffer;
  /** Left out when something of this group changed; of the whole list for `all`. */
  readonly unlessChanged?: number | 'all';
}

/** The output of an edit: views of the input where it stays, new bytes where it does not. */
export class Pieces {
  readonly #input: Buffer;
  readonly #pieces: Piece[] = [];
  readonly #changedGroups = new Set<number>();
  #runStart = 0;
  #runEnd = 0;
  #splitAt: number | undefined;

  constructor(input: Buffer) {
    this.#input = input;
  }

  /** Whether anything was put in or left out. */
  get isChanged(): boolean {
    return this.#changedGroups.size > 0;
  }

  /** Takes over input bytes [start, end). */
  keep(start: number, end: number): void {
    if (start === this.#runEnd && this.#runEnd > this.#runStart) {
      this.#runEnd = end;
      return;
    }
    this.#flush();
    this.#runStart = start;
    this.#runEnd = end;
  }

  /** Takes over a group length, which is dropped when its group changes (PS3.5 §7.2). */
  keepUnlessGroupChanges(group: number, start: number, end: number): void {
    this.#flush();
    this.#pieces.push({ bytes: this.#input.subarray(start, end), unlessChanged: group });
  }

  /** Takes over an element that counts bytes of the whole list. */
  keepUnlessChanged(start: number, end: number): void {
    this.#flush();
    this.#pieces.push({ bytes: this.#input.subarray(start, end), unlessChanged: 'all' });
  }

  /** Puts new bytes in the place of an element of a group; none removes it. */
  put(group: number, ...bytes: readonly Buffer[]): void {
    this.#changedGroups.add(group);
    this.#flush();
    for (const piece of bytes) if (piece.length > 0) this.#pieces.push({ bytes: piece });
  }

  /** Marks the place between the two results of `parts`. */
  split(): void {
    this.#flush();
    this.#splitAt = this.#pieces.length;
  }

  /** Everything, in one piece. */
  bytes(): Buffer {
    return Buffer.concat(this.parts());
  }

  /** What comes before the mark and what comes behind it. */
  parts(): [before: Buffer, after: Buffer] {
    this.#flush();
    const splitAt = this.#splitAt ?? this.#pieces.length;
    return [this.#joined(this.#pieces.slice(0, splitAt)), this.#joined(this.#pieces.slice(splitAt))];
  }

  #joined(pieces: readonly Piece[]): Buffer {
    const kept = pieces.filter(({ unlessChanged }) => !this.#isOutdated(unlessChanged)).map(({ bytes }) => bytes);
    return kept.length === 1 && kept[0] !== undefined ? kept[0] : Buffer.concat(kept);
  }

  #isOutdated(unlessChanged: number | 'all' | undefined): boolean {
    if (unlessChanged === undefined) return false;
    return unlessChanged === 'all' ? this.isChanged : this.#changedGroups.has(unlessChanged);
  }

  #flush(): void {
    if (this.#runEnd > this.#runStart) this.#pieces.push({ bytes: this.#input.subarray(this.#runStart, this.#runEnd) });
    this.#runStart = this.#runEnd = 0;
  }
}

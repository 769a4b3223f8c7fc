import { Part10Error } from './errors.ts';
import type { Overwritten } from './editor.ts';
import type { FileRegion } from './source.ts';

/** What an edit's output is made of: new bytes, or a region of the input that stays. */
export type Piece = Buffer | FileRegion;

interface Entry {
  readonly piece: Piece;
  /** Left out when something of this group changed; of the whole list for `all`. */
  readonly unlessChanged?: number | 'all';
}

/** More changes than this in one list of elements are an attack, not an edit. */
const MAX_PIECES = 4_000_000;

/** Bytes of a piece. */
export function lengthOf(piece: Piece): number {
  return Buffer.isBuffer(piece) ? piece.length : piece.end - piece.start;
}

/** A region with places in it overwritten. */
export function overwritten({ start, end }: FileRegion, places: readonly Overwritten[]): Piece[] {
  let at = start;
  const pieces = places.flatMap((place): Piece[] => {
    const before = { start: at, end: place.start };
    at = place.end;
    return [before, Buffer.alloc(place.end - place.start, place.with)];
  });
  return [...pieces, { start: at, end }];
}

/** The output of an edit: regions of the input where it stays, new bytes where it does not. Nothing is copied. */
export class Pieces {
  readonly #entries: Entry[] = [];
  readonly #changedGroups = new Set<number>();
  #runStart = 0;
  #runEnd = 0;

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
    this.#push({ piece: { start, end }, unlessChanged: group });
  }

  /** Takes over an element that counts bytes of the whole list. */
  keepUnlessChanged(start: number, end: number): void {
    this.#flush();
    this.#push({ piece: { start, end }, unlessChanged: 'all' });
  }

  /** Puts pieces in the place of an element of a group; none removes it. */
  put(group: number, pieces: readonly Piece[]): void {
    this.#changedGroups.add(group);
    this.#flush();
    for (const piece of pieces) if (lengthOf(piece) > 0) this.#push({ piece });
  }

  /** All that stays and all that is new, in order. */
  all(): Piece[] {
    this.#flush();
    return this.#entries.filter(({ unlessChanged }) => !this.#isOutdated(unlessChanged)).map(({ piece }) => piece);
  }

  #isOutdated(unlessChanged: number | 'all' | undefined): boolean {
    if (unlessChanged === undefined) return false;
    return unlessChanged === 'all' ? this.isChanged : this.#changedGroups.has(unlessChanged);
  }

  #push(entry: Entry): void {
    if (this.#entries.length >= MAX_PIECES) throw new Part10Error('too-large', { pieces: MAX_PIECES });
    this.#entries.push(entry);
  }

  #flush(): void {
    if (this.#runEnd > this.#runStart) this.#push({ piece: { start: this.#runStart, end: this.#runEnd } });
    this.#runStart = this.#runEnd = 0;
  }
}

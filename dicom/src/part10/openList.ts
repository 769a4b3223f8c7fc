import { type Tag, groupOf } from '../dictionary/index.ts';
import type { Recursion, Visit } from './editor.ts';
import type { Encoding } from './elementHeader.ts';
import type { DataElement } from './elements.ts';
import { encodeElement } from './encode.ts';
import { Pieces } from './pieces.ts';
import { type Place, PrivateBlocks } from './visited.ts';

/** A list of elements that is being read: the data set or an item. */
export class OpenList {
  readonly pieces = new Pieces();
  readonly blocks = new PrivateBlocks();
  readonly encoding: Encoding;
  readonly visit: Visit;
  readonly place: Place;
  readonly #inserts: DataElement[];
  readonly #inserted: ReadonlySet<Tag>;

  constructor(encoding: Encoding, { recurse, insert = [] }: Recursion, place: Place) {
    this.encoding = encoding;
    this.visit = recurse;
    this.place = place;
    this.#inserts = [...insert].sort((a, b) => b.tag - a.tag);
    this.#inserted = new Set(insert.map(({ tag }) => tag));
  }

  /** Whether what is put in takes the place of this element. */
  isReplaced(tag: Tag): boolean {
    return this.#inserted.has(tag);
  }

  /** Puts in what comes before or in the place of this tag. */
  insertUpTo(tag: Tag): void {
    for (let next = this.#inserts.at(-1); next !== undefined && next.tag <= tag; next = this.#inserts.at(-1)) {
      this.pieces.put(groupOf(next.tag), [encodeElement(next, this.encoding)]);
      this.#inserts.pop();
    }
  }
}

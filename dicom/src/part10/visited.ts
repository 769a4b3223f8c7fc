import { type Tag, elementOf, formatTag, groupOf, isPrivateTag } from '../dictionary/index.ts';
import type { ListFacts, VisitedElement } from './editor.ts';
import type { ElementHeader } from './elementHeader.ts';
import type { ElementList } from './listFacts.ts';
import type { ByteSource } from './source.ts';
import { withoutPadding } from './trailing.ts';

/** Where a list of elements stands. */
export interface Place {
  readonly depth: number;
  /** Path of the item whose elements these are, with a dot; empty at the top level. */
  readonly prefix: () => string;
  readonly list: ElementList;
}

/** An element as its list sees it. */
export interface Occurrence {
  readonly header: ElementHeader;
  /** Offset behind the value; undefined for sequences and fragments, whose end is not known yet. */
  readonly end: number | undefined;
  readonly isSequence: boolean;
  readonly privateCreator: string | undefined;
}

/** What an editor is shown of an element. Values are read when they are asked for. */
export class Visited implements VisitedElement {
  readonly tag: Tag;
  readonly vr: string;
  readonly depth: number;
  readonly length: number;
  readonly privateCreator: string | undefined;
  readonly list: ListFacts;
  readonly #source: ByteSource;
  readonly #occurrence: Occurrence;
  readonly #place: Place;

  constructor(source: ByteSource, occurrence: Occurrence, place: Place) {
    const { header } = occurrence;
    this.tag = header.tag;
    this.vr = occurrence.isSequence ? 'SQ' : header.vr;
    this.depth = place.depth;
    this.length = header.length;
    this.privateCreator = occurrence.privateCreator;
    this.list = place.list;
    this.#source = source;
    this.#occurrence = occurrence;
    this.#place = place;
  }

  get path(): string {
    return this.#place.prefix() + formatTag(this.tag);
  }

  value(): Buffer {
    const { header, end } = this.#occurrence;
    return end === undefined ? Buffer.alloc(0) : this.#source.view(header.valueStart, end);
  }
}

/** Private blocks of one list of elements: which creator reserved which (PS3.5 §7.8.1). */
export class PrivateBlocks {
  readonly #creators = new Map<number, string>();

  /** The creator of a private element; a creator element is its own. */
  creatorOf(
    source: ByteSource,
    { tag, valueStart, length }: ElementHeader,
    end: number | undefined,
  ): string | undefined {
    if (!isPrivateTag(tag)) return undefined;
    const element = elementOf(tag);
    if (element > 0xff) return this.#creators.get((groupOf(tag) << 8) | (element >>> 8));
    if (element < 0x10 || end === undefined || length > MAX_CREATOR_BYTES) return undefined;
    const creator = withoutPadding(source.view(valueStart, end).toString('latin1')).trimStart();
    this.#creators.set((groupOf(tag) << 8) | element, creator);
    return creator;
  }
}

/** LO has 64 characters, of at most 4 bytes in any character set, and escape sequences. */
const MAX_CREATOR_BYTES = 1024;

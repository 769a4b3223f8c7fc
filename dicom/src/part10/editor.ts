import type { Tag } from '../dictionary/index.ts';
import type { DataElement } from './elements.ts';

/** What can be known of the list of elements, a data set or an item, that holds an element. */
export interface ListFacts {
  /** Tags of the list in their order. */
  readonly tags: readonly Tag[];
  /** Values of (0008,0005): those of the list, else of what holds it (PS3.3 §C.12.1.1.2). */
  readonly specificCharacterSet: readonly string[];
  /** Whether the list has the element. */
  has(tag: Tag): boolean;
  /**
   * Values as trimmed text in the list's character set; none when the element is absent or empty. Several tags lead through the
   * first item of each sequence: `text(ConceptNameCodeSequence, CodeValue)`.
   */
  text(...path: readonly Tag[]): readonly string[];
  /** Whole numbers of an element of VR US, SS, UL or SL; none when it is absent, empty or another VR. */
  numbers(tag: Tag): readonly number[];
  /** The items of a sequence; none when it is absent or empty. */
  items(tag: Tag): readonly ListFacts[];
}

/** An element as an editor sees it. */
export interface VisitedElement {
  readonly tag: Tag;
  /** As written; by the dictionary where nothing or UN is written. A UN value is `SQ` only when it can be read as items. */
  readonly vr: string;
  /** 0 at the top level, 1 in an item of a top-level sequence, … */
  readonly depth: number;
  /** `(0040,A730)[0].(0008,1155)`, items counted from 0. */
  readonly path: string;
  /** The creator that reserved the block of a private element (PS3.5 §7.8.1), trimmed; undefined when none did. */
  readonly privateCreator: string | undefined;
  /** Bytes of the value; 0xFFFFFFFF when undefined. */
  readonly length: number;
  /** The data set or item that holds the element. */
  readonly list: ListFacts;
  /**
   * The bytes as written, numbers in the data set's byte order; none of sequences and fragments. A view; not to be changed. Reads the
   * file when the value is long, and throws Part10Error `too-large` above MAX_HELD_BYTES.
   */
  value(): Buffer;
}

/**
 * What becomes of an element. `keep` leaves its bytes as they are, also of a whole sequence; `recurse` asks about each element of a
 * sequence's items, the same editor or another visitor, and keeps anything else; items that `keepsItem` denies go whole, and `insert` is put
 * into each of the others as an editor's is into the data set. `replace` gives new bytes in the data set's byte order, padded by the
 * walker.
 */
export type Edit =
  'keep' | 'remove' | 'empty' | 'recurse' | Recursion | { readonly replace: Buffer; readonly vr?: string };

/** Bytes of pixel data: a value, the basic offset table or another fragment of an encapsulated one (PS3.5 §A.4). */
export interface PixelPart {
  /** Offsets that places count from; behind the header of the element or item. */
  readonly start: number;
  readonly end: number;
  /** Reads them, or those [start, end) of them. Throws Part10Error `too-large` above MAX_HELD_BYTES. */
  readonly bytes: (start?: number, end?: number) => Buffer;
}

/** Bytes [start, end) of pixel data that are overwritten with one that repeats; nothing moves. */
export interface Overwritten {
  readonly start: number;
  readonly end: number;
  readonly with: number;
}

/** What becomes of pixel data: as it is, nothing, or with places overwritten; they come in their order. */
export type PixelEdit =
  'keep' | 'remove' | { readonly overwrite: (parts: readonly PixelPart[]) => readonly Overwritten[] };

/** How the items of a sequence are edited. */
export interface Recursion {
  readonly recurse: Visit;
  readonly keepsItem?: (item: ListFacts) => boolean;
  readonly insert?: readonly DataElement[];
}

/** Decides what becomes of one element. */
export type Visit = (element: VisitedElement) => Edit;

/** Decides about the elements of one data set. Group lengths that stay do so until something of their group changes. */
export interface Editor<Report = unknown> {
  readonly visit: Visit;
  /** Asked about each pixel data and spectroscopy data at the top level instead of `visit`; without it they stay. */
  readonly pixels?: (element: VisitedElement) => PixelEdit;
  /** Top-level elements to put in; each takes the place of one of the same tag. */
  readonly insert?: readonly DataElement[];
  /** Handed to the caller of `editFile` with the result. */
  readonly report?: Report;
}

/** What can be known of a data set before its edit. */
export interface DataSetFacts extends ListFacts {
  readonly transferSyntaxUID: string;
}

/** An editor, or what makes one for each data set. */
export type EditorSource<Report = unknown> = Editor<Report> | ((facts: DataSetFacts) => Editor<Report>);

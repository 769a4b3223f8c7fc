import { type Tag, elementOf, formatTag, groupOf, isPrivateTag } from '../dictionary/index.ts';
import type { Edit, Editor, ListFacts, Visit, VisitedElement } from './editor.ts';
import type { DataElement } from './elements.ts';
import { type Encoding, MAX_DEPTH, UNDEFINED_LENGTH, encodeElementHeader } from './elementHeader.ts';
import { encodeElement } from './encode.ts';
import { Part10Error } from './errors.ts';
import { ScannedList, listIn } from './listFacts.ts';
import { Pieces } from './pieces.ts';
import { type ScannedElement, type ScannedItem, scanElement, scanItems } from './scan.ts';
import { padded } from './valueRepresentations.ts';

/** (0008,0001), retired: counts bytes to the end of the data set, so any edit makes it wrong. */
const LENGTH_TO_END: Tag = 0x00080001;

/** Where a list of elements is, for the path of each. */
interface Place {
  readonly depth: number;
  readonly prefix: () => string;
  readonly list: ListFacts;
}

class Visited implements VisitedElement {
  readonly tag: Tag;
  readonly vr: string;
  readonly depth: number;
  readonly length: number;
  readonly privateCreator: string | undefined;
  readonly #buffer: Buffer;
  readonly #element: ScannedElement;
  readonly list: ListFacts;
  readonly #place: Place;

  constructor(buffer: Buffer, element: ScannedElement, place: Place, privateCreator: string | undefined) {
    this.tag = element.header.tag;
    this.vr = element.content === 'items' ? 'SQ' : element.header.vr;
    this.depth = place.depth;
    this.length = element.header.length;
    this.privateCreator = privateCreator;
    this.#buffer = buffer;
    this.#element = element;
    this.list = place.list;
    this.#place = place;
  }

  get path(): string {
    return this.#place.prefix() + formatTag(this.tag);
  }

  value(): Buffer {
    return this.#buffer.subarray(this.#element.header.valueStart, this.#element.valueEnd);
  }
}

/** Private blocks of one list of elements: which creator reserved which (PS3.5 §7.8.1). */
class PrivateBlocks {
  readonly #creators = new Map<number, string>();

  creatorOf(buffer: Buffer, { header, valueEnd }: ScannedElement): string | undefined {
    const { tag } = header;
    if (!isPrivateTag(tag)) return undefined;
    const element = elementOf(tag);
    if (element > 0xff) return this.#creators.get((groupOf(tag) << 8) | (element >>> 8));
    if (element < 0x10) return undefined;
    const creator = buffer.toString('latin1', header.valueStart, valueEnd).trim();
    this.#creators.set((groupOf(tag) << 8) | element, creator);
    return creator;
  }
}

/** Edits one list of elements; a fresh one for each item. */
class ListEdit {
  readonly #buffer: Buffer;
  readonly #encoding: Encoding;
  readonly #visit: Visit;
  readonly #place: Place;
  readonly #blocks = new PrivateBlocks();
  readonly pieces: Pieces;

  constructor(buffer: Buffer, encoding: Encoding, visit: Visit, place: Place) {
    this.#buffer = buffer;
    this.#encoding = encoding;
    this.#visit = visit;
    this.#place = place;
    this.pieces = new Pieces(buffer);
  }

  /** Group lengths and length-to-end are not asked about: they stay unless what they count changes. */
  element(element: ScannedElement): void {
    const { header, end } = element;
    const isCount = header.length === 4 && header.vr === 'UL';
    if (isCount && elementOf(header.tag) === 0) {
      return this.pieces.keepUnlessGroupChanges(groupOf(header.tag), header.start, end);
    }
    if (isCount && header.tag === LENGTH_TO_END) return this.pieces.keepUnlessChanged(header.start, end);
    const creator = this.#blocks.creatorOf(this.#buffer, element);
    this.#apply(element, this.#visit(new Visited(this.#buffer, element, this.#place, creator)));
  }

  insert(element: DataElement): void {
    this.pieces.put(groupOf(element.tag), encodeElement(element, this.#encoding));
  }

  #apply(element: ScannedElement, edit: Edit): void {
    const { header, end } = element;
    const group = groupOf(header.tag);
    if (edit === 'remove') return this.pieces.put(group);
    if (edit === 'recurse') return this.#recurse(element, this.#visit);
    if (typeof edit === 'object' && 'recurse' in edit) return this.#recurse(element, edit.recurse, edit.keepsItem);
    if (edit === 'keep' || (edit === 'empty' && header.length === 0)) return this.pieces.keep(header.start, end);
    const vr = (typeof edit === 'object' ? edit.vr : undefined) ?? (header.writtenVr || header.vr);
    const value = edit === 'empty' ? Buffer.alloc(0) : padded(edit.replace, header.vr);
    const old = this.#buffer.subarray(header.valueStart, element.valueEnd);
    if (header.length !== UNDEFINED_LENGTH && vr === (header.writtenVr || header.vr) && old.equals(value)) {
      return this.pieces.keep(header.start, end);
    }
    this.pieces.put(group, encodeElementHeader(header.tag, vr, value.length, this.#encoding), value);
  }

  #recurse(element: ScannedElement, visit: Visit, keepsItem?: (item: ListFacts) => boolean): void {
    if (element.content === 'items') this.#items(element, visit, keepsItem);
    else this.pieces.keep(element.header.start, element.end);
  }

  #items(sequence: ScannedElement, visit: Visit, keepsItem: (item: ListFacts) => boolean = () => true): void {
    const { header, itemEncoding } = sequence;
    const { depth } = this.#place;
    if (depth >= MAX_DEPTH) throw new Part10Error('too-deep', { offset: header.start });
    const content = new Pieces(this.#buffer);
    let index = 0;
    for (const item of scanItems(this.#buffer, sequence, depth)) {
      const at = index++;
      const prefix = (): string => `${this.#place.prefix()}${formatTag(header.tag)}[${at}].`;
      const inherited = (): readonly string[] => this.#place.list.specificCharacterSet;
      const facts = listIn(this.#buffer, item.valueStart, item.valueEnd, itemEncoding, depth + 1, inherited);
      if (!keepsItem(facts)) {
        content.put(0xfffe);
        continue;
      }
      const list = new ListEdit(this.#buffer, itemEncoding, visit, { depth: depth + 1, prefix, list: facts });
      list.all(item.valueStart, item.valueEnd);
      this.#item(content, item, list.pieces, itemEncoding);
    }
    if (!content.isChanged) return this.pieces.keep(header.start, sequence.end);
    const bytes = content.bytes();
    const vr = header.writtenVr || header.vr;
    const head =
      header.length === UNDEFINED_LENGTH
        ? this.#buffer.subarray(header.start, header.valueStart)
        : encodeElementHeader(header.tag, vr, bytes.length, this.#encoding);
    this.pieces.put(groupOf(header.tag), head, bytes, this.#buffer.subarray(sequence.valueEnd, sequence.end));
  }

  /** The item with its header and delimiter in the style in which it came; its length anew only if something in it changed. */
  #item(content: Pieces, item: ScannedItem, elements: Pieces, encoding: Encoding): void {
    if (!elements.isChanged) return content.keep(item.start, item.end);
    const bytes = elements.bytes();
    const head = item.undefinedLength
      ? this.#buffer.subarray(item.start, item.valueStart)
      : encodeElementHeader(0xfffee000, '', bytes.length, encoding);
    content.put(0xfffe, head, bytes, this.#buffer.subarray(item.valueEnd, item.end));
  }

  all(start: number, end: number): void {
    for (let at = start; at < end;) {
      const element = scanElement(this.#buffer, at, end, this.#encoding, this.#place.depth);
      this.element(element);
      at = element.end;
    }
  }
}

/** The edited bytes before and behind the bulk element; both in one piece when there is none. */
export interface EditedBytes {
  readonly before: Buffer;
  readonly after: Buffer;
  readonly isChanged: boolean;
}

/**
 * Applies an editor to the top-level elements of a data set.
 * @param buffer all bytes but the bulk element's
 * @param elements the scanned elements, in order; `splitAt` is the offset at which the bulk element was taken out
 */
export function editElements(
  buffer: Buffer,
  elements: readonly ScannedElement[],
  bulk: { readonly tag: Tag; readonly splitAt: number } | null,
  encoding: Encoding,
  editor: Editor,
): EditedBytes {
  const facts = new ScannedList(buffer, () => elements);
  const list = new ListEdit(buffer, encoding, editor.visit, { depth: 0, prefix: () => '', list: facts });
  const inserts = [...(editor.insert ?? [])].sort((a, b) => a.tag - b.tag);
  const inserted = new Set(inserts.map(({ tag }) => tag));
  const insertBefore = (tag: Tag): void => {
    while (inserts[0] !== undefined && inserts[0].tag <= tag) list.insert(inserts.shift() as DataElement);
  };
  let isSplit = false;
  const split = (): void => {
    if (bulk === null || isSplit) return;
    insertBefore(bulk.tag);
    list.pieces.split();
    isSplit = true;
  };
  for (const element of elements) {
    if (bulk !== null && element.header.start >= bulk.splitAt) split();
    insertBefore(element.header.tag);
    if (inserted.has(element.header.tag)) list.pieces.put(groupOf(element.header.tag));
    else list.element(element);
  }
  split();
  insertBefore(0xffffffff);
  const [before, after] = list.pieces.parts();
  return { before, after, isChanged: list.pieces.isChanged };
}

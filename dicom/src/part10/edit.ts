import { type Tag, elementOf, formatTag, groupOf } from '../dictionary/index.ts';
import type { Edit, Editor, PixelEdit, PixelPart, Recursion } from './editor.ts';
import { type ElementHeader, type Encoding, ITEM, UNDEFINED_LENGTH, encodeElementHeader } from './elementHeader.ts';
import type { ElementList } from './listFacts.ts';
import { OpenList } from './openList.ts';
import { Pieces, lengthOf, overwritten } from './pieces.ts';
import type { Scanner } from './scanner.ts';
import type { Token } from './token.ts';
import { type ByteSource, type FileRegion, WINDOW_BYTES } from './source.ts';
import { padded } from './valueRepresentations.ts';
import { Visited } from './visited.ts';

/** Pixel data in its forms and spectroscopy data: what an editor's `pixels` is asked about at the top level. */
const BULK: ReadonlySet<Tag> = new Set([0x7fe00008, 0x7fe00009, 0x7fe00010, 0x56000020]);
/** (0008,0001), retired: counts bytes to the end of the data set, so any edit makes it wrong. */
const LENGTH_TO_END: Tag = 0x00080001;

type Content = 'value' | 'items' | 'fragments';
type OpenToken = Extract<Token, { kind: 'open' }>;
type ItemToken = Extract<Token, { kind: 'item' }>;

/** A sequence whose items are being edited. */
interface OpenSequence {
  readonly token: OpenToken;
  readonly list: OpenList;
  readonly recursion: Recursion;
  readonly content: Pieces;
  items: number;
}

interface Passing {
  readonly kind: 'item-end' | 'close';
  open: number;
  readonly finish: (end: number) => void;
  /** Collects fragments, where somebody wants to see them. */
  readonly parts?: PixelPart[];
}

/** Applies an editor to the tokens of a data set, which it takes in order. Holds the changes and regions of what stays. */
export class EditRun {
  readonly #source: ByteSource;
  readonly #scanner: Scanner;
  readonly #top: OpenList;
  readonly #lists: OpenList[];
  readonly #sequences: OpenSequence[] = [];
  readonly #items: ItemToken[] = [];
  /** What is not looked into, how many elements are open within it, and what to do at its end. */
  #passing: Passing | undefined;
  readonly #pixelEditor: Editor['pixels'];
  #pixels: FileRegion | undefined;
  #largest: FileRegion | undefined;

  constructor(
    source: ByteSource,
    scanner: Scanner,
    dataSet: { readonly encoding: Encoding; readonly facts: ElementList },
    editor: Editor,
  ) {
    this.#source = source;
    this.#scanner = scanner;
    const place = { depth: 0, prefix: () => '', list: dataSet.facts };
    this.#pixelEditor = editor.pixels;
    this.#top = new OpenList(dataSet.encoding, { recurse: editor.visit, insert: editor.insert ?? [] }, place);
    this.#lists = [this.#top];
  }

  /** The output; complete when all tokens were taken and `finish` was called. */
  get pieces(): Pieces {
    return this.#top.pieces;
  }

  /** The pixel data, or else the largest value of the top level that stays and is large, with its header. */
  get bulk(): FileRegion | undefined {
    return this.#pixels ?? this.#largest;
  }

  finish(): void {
    this.#top.insertUpTo(0xffffffff);
  }

  /** @throws Part10Error; what the editor throws */
  take(token: Token): void {
    if (this.#passing !== undefined) return this.#pass(token);
    switch (token.kind) {
      case 'value':
        return this.#value(token.header, token.end);
      case 'open':
        return this.#open(token);
      case 'item':
        return this.#item(token);
      case 'item-end':
        return this.#itemEnd(token.valueEnd, token.end);
      case 'close':
        return this.#close(token.valueEnd, token.end);
      case 'filler':
        return this.#filler(token.start, token.end);
      case 'fragment':
      case 'end':
        return;
    }
  }

  get #list(): OpenList {
    return this.#lists[this.#lists.length - 1] as OpenList;
  }

  #pass(token: Token): void {
    const passing = this.#passing;
    if (passing === undefined) return;
    if (token.kind === 'fragment') passing.parts?.push(this.#part(token.valueStart, token.end));
    if (token.kind === passing.kind && passing.open === 0) {
      this.#passing = undefined;
      passing.finish(token.end);
    } else if (token.kind === 'open') passing.open += 1;
    else if (token.kind === 'close') passing.open -= 1;
  }

  /** Passes over the rest of what was just opened. */
  #passOver(kind: Passing['kind'], finish: (end: number) => void, parts?: PixelPart[]): void {
    const end = this.#scanner.skip();
    if (end === undefined) this.#passing = { kind, open: 0, finish, ...(parts && { parts }) };
    else finish(end);
  }

  #value(header: ElementHeader, end: number): void {
    const { tag } = header;
    if (this.#isPixels(tag)) {
      const edit = this.#askAboutPixels(header, end, false);
      return this.#applyToPixels(edit, header, end, [this.#part(header.valueStart, end)], 'value');
    }
    this.#apply(this.#ask(header, end, false), header, end);
  }

  #part(start: number, end: number): PixelPart {
    return { start, end, bytes: (from = start, to = end) => this.#source.view(from, to) };
  }

  #open(token: OpenToken): void {
    const { header, content } = token;
    if (this.#isPixels(header.tag)) {
      const pixelEdit = this.#askAboutPixels(header, undefined, content === 'items');
      const parts: PixelPart[] = [];
      const finish = (end: number): void => this.#applyToPixels(pixelEdit, header, end, parts, content);
      return this.#passOver('close', finish, typeof pixelEdit === 'object' ? parts : undefined);
    }
    const edit = this.#ask(header, undefined, content === 'items');
    const recursion = edit === 'recurse' ? { recurse: this.#list.visit } : edit;
    if (content === 'items' && typeof recursion === 'object' && 'recurse' in recursion) {
      this.#sequences.push({ token, list: this.#list, recursion, content: new Pieces(), items: 0 });
    } else {
      this.#passOver('close', (end) => this.#apply(edit, header, end, content));
    }
  }

  #ask(header: ElementHeader, end: number | undefined, isSequence: boolean): Edit {
    const list = this.#list;
    const { tag } = header;
    list.insertUpTo(tag);
    const privateCreator = list.blocks.creatorOf(this.#source, header, end);
    if (list.isReplaced(tag)) return 'remove';
    const occurrence = { header, end, isSequence, privateCreator };
    return list.visit(new Visited(this.#source, occurrence, list.place));
  }

  #isPixels(tag: Tag): boolean {
    return this.#list === this.#top && BULK.has(tag);
  }

  #askAboutPixels(header: ElementHeader, end: number | undefined, isSequence: boolean): PixelEdit {
    const { tag } = header;
    this.#top.insertUpTo(tag);
    if (this.#top.isReplaced(tag)) return 'remove';
    const occurrence = { header, end, isSequence, privateCreator: undefined };
    return this.#pixelEditor?.(new Visited(this.#source, occurrence, this.#top.place)) ?? 'keep';
  }

  #applyToPixels(
    edit: PixelEdit,
    header: ElementHeader,
    end: number,
    parts: readonly PixelPart[],
    content: Content,
  ): void {
    const { pieces } = this.#top;
    const group = groupOf(header.tag);
    if (edit === 'remove') return pieces.put(group, []);
    const places = edit === 'keep' ? [] : edit.overwrite(parts);
    const [first] = places;
    if (first === undefined) return this.#keep(header, end, content);
    if (first.end === end) this.#pixels ??= { start: header.start, end: first.start };
    pieces.put(group, overwritten({ start: header.start, end }, places));
  }

  #apply(edit: Edit, header: ElementHeader, end: number, content: Content = 'value'): void {
    const { pieces, encoding } = this.#list;
    const group = groupOf(header.tag);
    if (edit === 'remove') return pieces.put(group, []);
    if (edit === 'keep' || edit === 'recurse' || (typeof edit === 'object' && 'recurse' in edit)) {
      return this.#keep(header, end, content);
    }
    if (edit === 'empty' && header.length === 0) return this.#keep(header, end, content);
    const writtenVr = header.writtenVr || header.vr;
    const vr = (typeof edit === 'object' ? edit.vr : undefined) ?? writtenVr;
    const value = edit === 'empty' ? Buffer.alloc(0) : padded(edit.replace, header.vr);
    const isSame =
      vr === writtenVr && header.length === value.length && this.#source.view(header.valueStart, end).equals(value);
    if (isSame) return this.#keep(header, end, content);
    pieces.put(group, [encodeElementHeader(header.tag, vr, value.length, encoding), value]);
  }

  /** Group lengths and length-to-end stay only while what they count is unchanged. */
  #keep({ tag, start, length, vr }: ElementHeader, end: number, content: Content): void {
    if (length === 4 && vr === 'UL' && (elementOf(tag) === 0 || tag === LENGTH_TO_END)) {
      const { pieces } = this.#list;
      if (tag === LENGTH_TO_END) return pieces.keepUnlessChanged(start, end);
      return pieces.keepUnlessGroupChanges(groupOf(tag), start, end);
    }
    if (this.#list === this.#top && content !== 'items') {
      const largest = this.#largest === undefined ? WINDOW_BYTES : lengthOf(this.#largest);
      if (end - start > largest) this.#largest = { start, end };
      if (BULK.has(tag)) this.#pixels ??= { start, end };
    }
    this.#list.pieces.keep(start, end);
  }

  #item(token: ItemToken): void {
    const sequence = this.#sequences.at(-1) as OpenSequence;
    const { list: outer, recursion, content } = sequence;
    const { header, itemEncoding } = sequence.token;
    const at = sequence.items++;
    const list = outer.place.list.item(token.start, itemEncoding);
    if (recursion.keepsItem?.(list) === false) return this.#passOver('item-end', () => content.put(0xfffe, []));
    const prefix = (): string => `${outer.place.prefix()}${formatTag(header.tag)}[${at}].`;
    this.#lists.push(new OpenList(itemEncoding, recursion, { depth: outer.place.depth + 1, prefix, list }));
    this.#items.push(token);
  }

  /** The item with its header and delimiter in the style in which it came; its length anew only if something in it changed. */
  #itemEnd(valueEnd: number, end: number): void {
    const list = this.#lists.pop() as OpenList;
    const { start, valueStart, length } = this.#items.pop() as ItemToken;
    const { content, token } = this.#sequences.at(-1) as OpenSequence;
    list.insertUpTo(0xffffffff);
    if (!list.pieces.isChanged) return content.keep(start, end);
    const pieces = list.pieces.all();
    const head =
      length === UNDEFINED_LENGTH
        ? { start, end: valueStart }
        : encodeElementHeader(ITEM, '', total(pieces), token.itemEncoding);
    content.put(0xfffe, [head]);
    content.put(0xfffe, pieces);
    content.put(0xfffe, [{ start: valueEnd, end }]);
  }

  #close(valueEnd: number, end: number): void {
    const { token, content } = this.#sequences.pop() as OpenSequence;
    const { header } = token;
    const { pieces, encoding } = this.#list;
    if (!content.isChanged) return pieces.keep(header.start, end);
    const changed = content.all();
    const head =
      header.length === UNDEFINED_LENGTH
        ? { start: header.start, end: header.valueStart }
        : encodeElementHeader(header.tag, header.writtenVr || header.vr, total(changed), encoding);
    const group = groupOf(header.tag);
    pieces.put(group, [head]);
    pieces.put(group, changed);
    pieces.put(group, [{ start: valueEnd, end }]);
  }

  /** Belongs to what is open: to the value of a sequence, to an item, or to the data set, where it stays the last. */
  #filler(start: number, end: number): void {
    const isInSequence = this.#sequences.length > this.#items.length;
    if (isInSequence) return this.#sequences.at(-1)?.content.keep(start, end);
    const list = this.#list;
    list.insertUpTo(0xffffffff);
    list.pieces.keep(start, end);
  }
}

function total(pieces: readonly (Buffer | FileRegion)[]): number {
  return pieces.reduce((sum, piece) => sum + lengthOf(piece), 0);
}

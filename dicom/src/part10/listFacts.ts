import type { Tag } from '../dictionary/index.ts';
import type { ListFacts } from './editor.ts';
import { type ElementHeader, type Encoding, ITEM, readElementHeader } from './elementHeader.ts';
import { Part10Error } from './errors.ts';
import { Scanner } from './scanner.ts';
import type { Token } from './token.ts';
import { type ByteSource, scan, scanNow } from './source.ts';
import { SPECIFIC_CHARACTER_SET, characterSetTerms, splitText } from './text.ts';
import { bytesPerNumber, swapped } from './valueRepresentations.ts';

const INTEGERS: ReadonlySet<string> = new Set(['SL', 'SS', 'UL', 'US']);

/** An element of a list. */
export interface ListedElement {
  readonly header: ElementHeader;
  /** Offset behind its value, before a delimiter. */
  readonly valueEnd: number;
  /** How the elements of its items are written; undefined when it is no sequence. */
  readonly itemEncoding?: Encoding;
  /** Numbers in it are written with the highest byte first. */
  readonly isBigEndian?: boolean;
}
/** The elements of a data set or item by tag, in their order. */
export type ListedElements = ReadonlyMap<Tag, ListedElement>;

/** More elements in one list than this are an attack, not a data set. */
const MAX_ELEMENTS = 200_000;

/** Collects the elements of one list from tokens, and passes over what they hold. */
function collector(
  scanner: Scanner,
  last: Tag,
): { elements: ListedElements; take: (token: Token) => 'enough' | undefined } {
  const elements = new Map<Tag, ListedElement>();
  const open: Omit<ListedElement, 'valueEnd'>[] = [];
  const add = (element: ListedElement): 'enough' | undefined => {
    if (elements.size >= MAX_ELEMENTS) throw new Part10Error('too-large', { elements: MAX_ELEMENTS });
    // Of an element that comes twice the first counts, as with DCMTK.
    if (!elements.has(element.header.tag)) elements.set(element.header.tag, element);
    return element.header.tag >= last ? 'enough' : undefined;
  };
  const take = (token: Token): 'enough' | undefined => {
    if (token.kind === 'open') {
      const { header, itemEncoding } = token;
      const element = token.content === 'items' ? { header, itemEncoding } : { header };
      const valueEnd = scanner.skip();
      if (valueEnd === undefined) open.push(element);
      else if (open.length === 0) return add({ ...element, valueEnd });
    } else if (token.kind === 'close') {
      const element = open.pop();
      if (element !== undefined && open.length === 0) return add({ ...element, valueEnd: token.valueEnd });
    } else if (open.length === 0) {
      if (token.kind === 'value') {
        const { header, end, isBigEndian } = token;
        return add({ header, valueEnd: end, isBigEndian });
      }
      if (token.kind === 'item-end') return 'enough';
    }
    return undefined;
  };
  return { elements, take };
}

/** The elements of a data set. Reads no further than behind the first of tag `last` or a higher one. */
export async function elementsOf(
  source: ByteSource,
  start: number,
  encoding: Encoding,
  last: Tag,
  signal: AbortSignal | undefined,
): Promise<ListedElements> {
  const scanner = new Scanner({ at: start, encoding }, source.size);
  const { elements, take } = collector(scanner, last);
  await scan(source, scanner, take, signal);
  return elements;
}

/** What is known of a data set or item; looked up when it is asked for. */
export class ElementList implements ListFacts {
  readonly #source: ByteSource;
  readonly #read: () => ListedElements;
  readonly #inherited: () => readonly string[];
  #elements: ListedElements | undefined;
  #characterSet: readonly string[] | undefined;

  /** @param inherited - (0008,0005) of what holds the list */
  constructor(source: ByteSource, read: () => ListedElements, inherited: () => readonly string[] = () => []) {
    this.#source = source;
    this.#read = read;
    this.#inherited = inherited;
  }

  get tags(): readonly Tag[] {
    return [...this.#byTag.keys()];
  }

  get specificCharacterSet(): readonly string[] {
    if (this.#characterSet === undefined) {
      const own = this.#byTag.get(SPECIFIC_CHARACTER_SET);
      this.#characterSet = own === undefined ? this.#inherited() : characterSetTerms(this.#value(own));
    }
    return this.#characterSet;
  }

  has(tag: Tag): boolean {
    return this.#byTag.has(tag);
  }

  text(...path: readonly Tag[]): readonly string[] {
    const [tag, ...rest] = path;
    const element = tag === undefined ? undefined : this.#byTag.get(tag);
    if (element === undefined) return [];
    if (rest.length > 0) return this.#firstItem(element)?.text(...rest) ?? [];
    const isValue = element.header.valueStart + element.header.length === element.valueEnd;
    return isValue && element.itemEncoding === undefined
      ? splitText(this.#value(element), this.specificCharacterSet, element.header.vr)
      : [];
  }

  numbers(tag: Tag): readonly number[] {
    const element = this.#byTag.get(tag);
    if (element === undefined || !INTEGERS.has(element.header.vr)) return [];
    const { vr } = element.header;
    const value = this.#value(element);
    const bytes = element.isBigEndian === true ? swapped(value, vr) : value;
    const size = bytesPerNumber(vr);
    return Array.from({ length: Math.floor(bytes.length / size) }, (_, at) =>
      vr.startsWith('U') ? bytes.readUIntLE(at * size, size) : bytes.readIntLE(at * size, size),
    );
  }

  items(tag: Tag): readonly ElementList[] {
    const element = this.#byTag.get(tag);
    if (element?.itemEncoding === undefined) return [];
    const { itemEncoding, header, valueEnd } = element;
    const scanner = new Scanner({ at: header.valueStart, encoding: itemEncoding, kind: 'items' }, valueEnd);
    const items: ElementList[] = [];
    let depth = 0;
    scanNow(this.#source, scanner, (token) => {
      if (token.kind === 'item-end') depth -= 1;
      if (token.kind !== 'item') return;
      if (depth === 0) items.push(this.item(token.start, itemEncoding));
      if (scanner.skip() === undefined) depth += 1;
    });
    return items;
  }

  /** The list in the item at offset `start` of a sequence. */
  item(start: number, encoding: Encoding): ElementList {
    const read = (): ListedElements => {
      const scanner = new Scanner({ at: start, encoding, kind: 'items' }, this.#source.size);
      const { elements, take } = collector(scanner, Infinity);
      scanNow(this.#source, scanner, take);
      return elements;
    };
    return new ElementList(this.#source, read, () => this.specificCharacterSet);
  }

  get #byTag(): ListedElements {
    return (this.#elements ??= this.#read());
  }

  #value({ header, valueEnd }: ListedElement): Buffer {
    return this.#source.view(header.valueStart, valueEnd);
  }

  #firstItem({ header, valueEnd, itemEncoding }: ListedElement): ElementList | undefined {
    const { valueStart } = header;
    if (itemEncoding === undefined || valueStart + 8 > valueEnd) return undefined;
    const first = readElementHeader(this.#source.view(valueStart, valueStart + 8), 0, 8, itemEncoding);
    return first.tag === ITEM ? this.item(valueStart, itemEncoding) : undefined;
  }
}

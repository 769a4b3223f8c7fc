import type { Tag } from '../dictionary/index.ts';
import type { ListFacts } from './editor.ts';
import type { Encoding } from './elementHeader.ts';
import { type ScannedElement, scanElement, scanItems } from './scan.ts';
import { characterSetTerms, splitText } from './text.ts';

const SPECIFIC_CHARACTER_SET: Tag = 0x00080005;

/** The elements of a data set or item, looked up on demand. */
export class ScannedList implements ListFacts {
  readonly #buffer: Buffer;
  readonly #scan: () => readonly ScannedElement[];
  readonly #inherited: () => readonly string[];
  #byTag: ReadonlyMap<Tag, ScannedElement> | undefined;
  #characterSet: readonly string[] | undefined;

  /** @param inherited (0008,0005) of what holds the list */
  constructor(buffer: Buffer, scan: () => readonly ScannedElement[], inherited: () => readonly string[] = () => []) {
    this.#buffer = buffer;
    this.#scan = scan;
    this.#inherited = inherited;
  }

  get #elements(): ReadonlyMap<Tag, ScannedElement> {
    this.#byTag ??= new Map(this.#scan().map((element) => [element.header.tag, element]));
    return this.#byTag;
  }

  get tags(): readonly Tag[] {
    return [...this.#elements.keys()];
  }

  get specificCharacterSet(): readonly string[] {
    if (this.#characterSet === undefined) {
      const own = this.#elements.get(SPECIFIC_CHARACTER_SET);
      this.#characterSet = own === undefined ? this.#inherited() : characterSetTerms(this.#value(own));
    }
    return this.#characterSet;
  }

  has(tag: Tag): boolean {
    return this.#elements.has(tag);
  }

  text(...path: readonly Tag[]): readonly string[] {
    const [tag, ...rest] = path;
    const element = tag === undefined ? undefined : this.#elements.get(tag);
    if (element === undefined) return [];
    if (rest.length > 0) return this.#firstItem(element)?.text(...rest) ?? [];
    return element.content === 'value'
      ? splitText(this.#value(element), this.specificCharacterSet, element.header.vr)
      : [];
  }

  #value({ header, valueEnd }: ScannedElement): Buffer {
    return this.#buffer.subarray(header.valueStart, valueEnd);
  }

  #firstItem(element: ScannedElement): ScannedList | undefined {
    if (element.content !== 'items') return undefined;
    const [item] = scanItems(this.#buffer, element, 0);
    if (item === undefined) return undefined;
    const { valueStart, valueEnd } = item;
    return listIn(this.#buffer, valueStart, valueEnd, element.itemEncoding, 0, () => this.specificCharacterSet);
  }
}

/** The list of elements in bytes [start, end), scanned when it is first asked. */
export function listIn(
  buffer: Buffer,
  start: number,
  end: number,
  encoding: Encoding,
  depth: number,
  inherited: () => readonly string[],
): ScannedList {
  const scan = (): ScannedElement[] => {
    const elements: ScannedElement[] = [];
    for (let at = start; at < end;) {
      const element = scanElement(buffer, at, end, encoding, depth);
      elements.push(element);
      at = element.end;
    }
    return elements;
  };
  return new ScannedList(buffer, scan, inherited);
}

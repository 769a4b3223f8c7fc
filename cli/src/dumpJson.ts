import { pathToFileURL } from 'node:url';
import type { WalkedToken } from '@viaduct/dicom/part10';
import { CharacterSets, SPECIFIC_CHARACTER_SET } from './characterSets.ts';
import { jsonElement, jsonTag, UNICODE, type JsonElement } from './json.ts';
import { littleEndian, valuesOf } from './values.ts';

type ValueToken = Extract<WalkedToken, { kind: 'value' }>;

/** Writes a data set in the DICOM JSON Model while it is read. */
class JsonWriter {
  readonly #uri: string;
  readonly #characterSets = new CharacterSets();
  /** Attributes so far of the data set and of each open item. */
  readonly #attributes = [0];
  /** Items so far of each open sequence. */
  readonly #items: number[] = [];
  /** Where open encapsulated data began. */
  #encapsulatedAt: number | undefined;

  constructor(path: string) {
    this.#uri = pathToFileURL(path).href;
  }

  /** The text that a token adds. */
  text(token: WalkedToken): string {
    this.#characterSets.follow(token);
    switch (token.kind) {
      case 'value':
        // Group lengths have no place in the model (PS3.18 §F.2.2).
        if ((token.header.tag & 0xffff) === 0) return '';
        return `${this.#name(token.header.tag)}${JSON.stringify(this.#element(token))}`;
      case 'open':
        if (token.content === 'items') {
          this.#items.push(0);
          return `${this.#name(token.header.tag)}{"vr":"SQ"`;
        }
        this.#encapsulatedAt = token.header.start;
        return `${this.#name(token.header.tag)}{"vr":"${token.header.vr}","BulkDataURI":`;
      case 'item': {
        const items = this.#items.pop() ?? 0;
        this.#items.push(items + 1);
        this.#attributes.push(0);
        return items === 0 ? ',"Value":[{' : ',{';
      }
      case 'item-end':
        this.#attributes.pop();
        return '}';
      case 'close':
        if (this.#encapsulatedAt === undefined) return (this.#items.pop() ?? 0) > 0 ? ']}' : '}';
        return `${JSON.stringify(this.#place(this.#encapsulatedAt, token.end))}}`;
      default:
        return '';
    }
  }

  #name(tag: number): string {
    const attributes = this.#attributes.pop() ?? 0;
    this.#attributes.push(attributes + 1);
    return `${attributes > 0 ? ',' : ''}\n${'  '.repeat(this.#attributes.length)}"${jsonTag(tag)}":`;
  }

  #element({ header, value, end, isBigEndian }: ValueToken): JsonElement {
    const { tag, vr, valueStart } = header;
    if (tag === SPECIFIC_CHARACTER_SET) return UNICODE;
    if (value === undefined) return { vr, BulkDataURI: this.#place(valueStart, end) };
    const raw = { vr, value, isBigEndian };
    const values = valuesOf(raw, this.#characterSets.current);
    if (values !== undefined) {
      return jsonElement(vr, vr === 'AT' ? values.map((text) => text.replace(/\W/g, '')) : values);
    }
    return value.length === 0 ? { vr } : { vr, InlineBinary: littleEndian(raw).toString('base64') };
  }

  #place(start: number, end: number): string {
    this.#encapsulatedAt = undefined;
    return `${this.#uri}?offset=${start}&length=${end - start}`;
  }
}

/**
 * A data set in the DICOM JSON Model (PS3.18 §F.2), piece by piece: text in Unicode, short binary values in line, long ones and
 * encapsulated pixel data by their place in the file.
 */
export async function* dumpJson(
  tokens: AsyncIterable<WalkedToken>,
  path: string,
): AsyncGenerator<string, void, undefined> {
  const writer = new JsonWriter(path);
  yield '{';
  for await (const token of tokens) yield writer.text(token);
  yield '\n}\n';
}

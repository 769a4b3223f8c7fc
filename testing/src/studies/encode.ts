import { tagOf, vrOf } from '@viaduct/dicom/dictionary';
import { encodeText, type DataElement, type DataSet } from '@viaduct/dicom/part10';
import type { Attributes, Value } from './plan.ts';

const PRIVATE_KEY = /^([0-9a-f]{4}),([0-9a-f]{4}) ([A-Z]{2})$/i;
/** VRs whose text depends on Specific Character Set (PS3.5 §6.1.2.3). */
const CHARACTER_SET_VRS = new Set(['SH', 'LO', 'ST', 'LT', 'PN', 'UC', 'UT']);

const WRITERS: Readonly<
  Record<string, readonly [bytes: number, write: (to: Buffer, value: number, at: number) => void]>
> = {
  US: [2, (to, value, at) => to.writeUInt16LE(value, at)],
  SS: [2, (to, value, at) => to.writeInt16LE(value, at)],
  UL: [4, (to, value, at) => to.writeUInt32LE(value, at)],
  SL: [4, (to, value, at) => to.writeInt32LE(value, at)],
  FL: [4, (to, value, at) => to.writeFloatLE(value, at)],
  FD: [8, (to, value, at) => to.writeDoubleLE(value, at)],
};

function tagAndVr(key: string): { tag: number; vr: string } {
  const match = PRIVATE_KEY.exec(key);
  if (match) return { tag: Number.parseInt(`${match[1]}${match[2]}`, 16), vr: match[3] ?? 'UN' };
  const tag = tagOf(key);
  return { tag, vr: vrOf(tag) };
}

const isItems = (value: Value): value is readonly Attributes[] =>
  Array.isArray(value) && value.every((item) => typeof item === 'object');

function bytesOf(value: string | number | readonly (string | number)[], vr: string, characterSet: readonly string[]) {
  const values: readonly (string | number)[] = typeof value === 'object' ? value : [value];
  if (vr === 'AT') {
    const pairs = values.map((tag) => Buffer.from(String(tag), 'hex'));
    return Buffer.concat(pairs.map((pair) => Buffer.from([pair[1] ?? 0, pair[0] ?? 0, pair[3] ?? 0, pair[2] ?? 0])));
  }
  const writer = WRITERS[vr];
  if (!writer) {
    const text = values.join('\\');
    return CHARACTER_SET_VRS.has(vr) ? encodeText(text, characterSet, vr) : Buffer.from(text, 'ascii');
  }
  const [size, write] = writer;
  const buffer = Buffer.alloc(size * values.length);
  values.forEach((number, index) => write(buffer, Number(number), index * size));
  return buffer;
}

function elementOf(key: string, value: Value, characterSet: readonly string[]): DataElement {
  const { tag, vr } = tagAndVr(key);
  if (vr === 'SQ') {
    if (!isItems(value)) throw new TypeError(`${key} is a sequence`);
    return { tag, vr, value: Buffer.alloc(0), items: value.map((item) => dataSetOf(item, characterSet)) };
  }
  if (value instanceof Uint8Array) return { tag, vr, value: Buffer.from(value) };
  if (isItems(value) && value.length > 0) throw new TypeError(`${key} is no sequence`);
  return { tag, vr, value: bytesOf(value as string, vr, characterSet) };
}

/** Attributes as elements, texts in the character set given (values of Specific Character Set). */
export function elementsOf(attributes: Attributes, characterSet: readonly string[]): DataElement[] {
  return Object.entries(attributes).map(([key, value]) => elementOf(key, value, characterSet));
}

function dataSetOf(attributes: Attributes, characterSet: readonly string[]): DataSet {
  const elements = elementsOf(attributes, characterSet).sort((a, b) => a.tag - b.tag);
  return new Map(elements.map((element) => [element.tag, element]));
}

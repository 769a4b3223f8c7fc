import { type Tag, vrOf } from '../dictionary/index.ts';
import { decodeText, encodeText } from './charset.ts';
import type { DataElement, DataSet } from './elements.ts';
import { withoutPadding } from './trailing.ts';
import { isMultiValued } from './valueRepresentations.ts';

/** (0008,0005) */
export const SPECIFIC_CHARACTER_SET: Tag = 0x00080005;

/** The values of (0008,0005) from its bytes: defined terms, an empty first one for ASCII (PS3.3 §C.12.1.1.2). */
export function characterSetTerms(value: Uint8Array | undefined): string[] {
  const text = Buffer.from(value ?? []).toString('latin1');
  return text.trim() === '' && !text.includes('\\')
    ? []
    : text.split('\\').map((term) => term.replace(/\0/g, '').trim());
}

/** Values of a string element, padding removed; none when it is empty. */
export function splitText(value: Uint8Array, specificCharacterSet: readonly string[], vr: string): string[] {
  const text = withoutPadding(decodeText(value, specificCharacterSet, vr));
  if (text === '') return [];
  return isMultiValued(vr) ? text.split('\\').map((part) => part.trim()) : [text];
}

/**
 * Values of a string element of a decoded data set as text; none when it is absent or empty.
 * @param specificCharacterSet that of the surrounding data set, for items that have none of their own
 */
export function textOf(dataSet: DataSet, tag: Tag, specificCharacterSet: readonly string[] = []): string[] {
  const element = dataSet.get(tag);
  if (element === undefined) return [];
  const own = dataSet.get(SPECIFIC_CHARACTER_SET);
  return splitText(element.value, own === undefined ? specificCharacterSet : characterSetTerms(own.value), element.vr);
}

/**
 * A string element of these values.
 * @param specificCharacterSet what (0008,0005) of the data set will say
 * @throws Part10Error `text-not-encodable`
 */
export function textElement(
  tag: Tag,
  text: string | readonly string[],
  specificCharacterSet: readonly string[] = [],
  vr: string = vrOf(tag),
): DataElement {
  const value = encodeText(typeof text === 'string' ? text : text.join('\\'), specificCharacterSet, vr);
  return { tag, vr, value };
}

/** A sequence of these items. */
export function sequenceElement(tag: Tag, items: readonly DataSet[]): DataElement {
  return { tag, vr: 'SQ', value: Buffer.alloc(0), items };
}

/** An element of unsigned 16-bit numbers (VR US). */
export function uint16Element(tag: Tag, ...numbers: readonly number[]): DataElement {
  const value = Buffer.alloc(numbers.length * 2);
  numbers.forEach((number, at) => value.writeUInt16LE(number, at * 2));
  return { tag, vr: 'US', value };
}

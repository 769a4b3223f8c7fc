import { deflateRawSync } from 'node:zlib';
import type { DataElement } from './elements.ts';
import { type Encoding, ITEM, SEQUENCE_DELIMITATION, UNDEFINED_LENGTH, encodeElementHeader } from './elementHeader.ts';
import { transferSyntaxOf } from './transferSyntaxes.ts';
import { padded, swapped } from './valueRepresentations.ts';

function encodeFragments(element: DataElement, fragments: readonly Buffer[], encoding: Encoding): Buffer {
  const pieces = [encodeElementHeader(element.tag, element.vr, UNDEFINED_LENGTH, encoding)];
  for (const fragment of fragments) {
    const value = padded(fragment, 'OB');
    pieces.push(encodeElementHeader(ITEM, '', value.length, encoding), value);
  }
  pieces.push(encodeElementHeader(SEQUENCE_DELIMITATION, '', 0, encoding));
  return Buffer.concat(pieces);
}

function encodeItems(element: DataElement, encoding: Encoding): Buffer {
  const items = (element.items ?? []).map((item) => {
    const content = encodeElements(item.values(), encoding);
    return Buffer.concat([encodeElementHeader(ITEM, '', content.length, encoding), content]);
  });
  return Buffer.concat(items);
}

/** One element in bytes, its value padded to even length and in the byte order of the encoding; sequences get defined lengths. */
export function encodeElement(element: DataElement, encoding: Encoding): Buffer {
  if (element.fragments !== undefined) return encodeFragments(element, element.fragments, encoding);
  const value =
    element.vr === 'SQ'
      ? encodeItems(element, encoding)
      : encoding.bigEndian
        ? swapped(padded(element.value, element.vr), element.vr)
        : padded(element.value, element.vr);
  return Buffer.concat([encodeElementHeader(element.tag, element.vr, value.length, encoding), value]);
}

/** Elements in ascending order of tags, as PS3.5 §7.1 demands. */
export function encodeElements(elements: Iterable<DataElement>, encoding: Encoding): Buffer {
  const ordered = [...elements].sort((a, b) => a.tag - b.tag);
  return Buffer.concat(ordered.map((element) => encodeElement(element, encoding)));
}

/**
 * A data set in bytes: queries, generated files. No file meta information.
 * @param elements in any order; numbers in little endian
 * @throws Part10Error `value-too-long`
 */
export function encodeDataSet(elements: Iterable<DataElement>, transferSyntaxUID: string): Buffer {
  const syntax = transferSyntaxOf(transferSyntaxUID);
  const bytes = encodeElements(elements, syntax);
  return syntax.deflated ? padded(deflateRawSync(bytes), 'OB') : bytes;
}

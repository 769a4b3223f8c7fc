import { inflateRawSync } from 'node:zlib';
import type { DataElement, DataSet } from './elements.ts';
import { Part10Error } from './errors.ts';
import { type Encoding, MAX_DEPTH, readElementHeader } from './elementHeader.ts';
import { type ScannedElement, scanElement, scanItems } from './scan.ts';
import { transferSyntaxOf } from './transferSyntaxes.ts';
import { swapped } from './valueRepresentations.ts';

/** Largest data set that is inflated, in bytes: a deflated one must be held in memory as a whole. */
export const MAX_INFLATED_BYTES = 256 * 1024 * 1024;

/**
 * Inflates a deflated data set (PS3.5 §A.5).
 * @throws Part10Error `deflate-failed`, `too-large`
 */
export function inflate(bytes: Buffer): Buffer {
  try {
    return inflateRawSync(bytes, { maxOutputLength: MAX_INFLATED_BYTES });
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    throw new Part10Error(code === 'ERR_BUFFER_TOO_LARGE' ? 'too-large' : 'deflate-failed', { code });
  }
}

function decodeFragments(buffer: Buffer, element: ScannedElement): Buffer[] {
  const fragments: Buffer[] = [];
  for (let at = element.header.valueStart; at < element.valueEnd;) {
    const item = readElementHeader(buffer, at, element.valueEnd, element.itemEncoding);
    at = item.valueStart + item.length;
    fragments.push(buffer.subarray(item.valueStart, at));
  }
  return fragments;
}

function decodeElement(buffer: Buffer, scanned: ScannedElement, encoding: Encoding, depth: number): DataElement {
  const { header, content } = scanned;
  const { tag } = header;
  if (content === 'fragments') {
    return { tag, vr: header.vr, value: Buffer.alloc(0), fragments: decodeFragments(buffer, scanned) };
  }
  if (content === 'items') {
    if (depth >= MAX_DEPTH) throw new Part10Error('too-deep', { offset: header.start });
    const items = [...scanItems(buffer, scanned, depth)].map((item) =>
      decodeElements(buffer, item.valueStart, item.valueEnd, scanned.itemEncoding, depth + 1),
    );
    return { tag, vr: 'SQ', value: Buffer.alloc(0), items };
  }
  const value = buffer.subarray(header.valueStart, scanned.valueEnd);
  const isSwapped = encoding.bigEndian && header.writtenVr !== 'UN';
  return { tag, vr: header.vr, value: isSwapped ? swapped(value, header.vr) : value };
}

function decodeElements(buffer: Buffer, start: number, end: number, encoding: Encoding, depth: number): DataSet {
  const elements = new Map<number, DataElement>();
  for (let at = start; at < end;) {
    const scanned = scanElement(buffer, at, end, encoding, depth);
    elements.set(scanned.header.tag, decodeElement(buffer, scanned, encoding, depth));
    at = scanned.end;
  }
  return elements;
}

/**
 * Reads a whole data set that is in memory. Values are views of `buffer`; numbers come in little endian.
 * @throws Part10Error `truncated`, `malformed`, `too-deep`, `deflate-failed`, `too-large`
 */
export function decodeDataSet(buffer: Buffer, transferSyntaxUID: string): DataSet {
  const syntax = transferSyntaxOf(transferSyntaxUID);
  const bytes = syntax.deflated ? inflate(buffer) : buffer;
  return decodeElements(bytes, 0, bytes.length, syntax, 0);
}

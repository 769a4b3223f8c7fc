import { Part10Error } from './errors.ts';
import {
  type ElementHeader,
  type Encoding,
  IMPLICIT,
  ITEM,
  ITEM_DELIMITATION,
  MAX_DEPTH,
  PIXEL_DATA,
  SEQUENCE_DELIMITATION,
  UNDEFINED_LENGTH,
  readElementHeader,
  truncated,
} from './elementHeader.ts';

/** What the value of an element is made of. */
export type Content = 'value' | 'items' | 'fragments';

/** An element and where it ends. */
export interface ScannedElement {
  readonly header: ElementHeader;
  readonly content: Content;
  /** How the items of a sequence are written. */
  readonly itemEncoding: Encoding;
  /** Offset behind the last byte of the value, before a delimiter. */
  readonly valueEnd: number;
  /** Offset behind the element, its delimiter included. */
  readonly end: number;
}

/** An item of a sequence. */
export interface ScannedItem {
  readonly start: number;
  readonly valueStart: number;
  readonly valueEnd: number;
  readonly end: number;
  readonly undefinedLength: boolean;
}

function contentOf(header: ElementHeader): Content {
  if (header.length === UNDEFINED_LENGTH) {
    if (header.tag === PIXEL_DATA || header.vr === 'OB' || header.vr === 'OW') {
      return header.writtenVr === 'UN' && header.tag !== PIXEL_DATA ? 'items' : 'fragments';
    }
    return 'items';
  }
  return header.vr === 'SQ' ? 'items' : 'value';
}

/** UN carries its content in implicit little endian whatever surrounds it (PS3.5 §6.2.2 note 2). */
function itemEncodingOf(header: ElementHeader, encoding: Encoding): Encoding {
  return header.writtenVr === 'UN' ? IMPLICIT : encoding;
}

/**
 * Reads the element at `offset` and finds its end; what is nested is walked through only where a length is undefined.
 * @param end offset behind the last byte that may belong to the element
 * @throws Part10Error `truncated`, `malformed`, `too-deep`
 */
export function scanElement(
  buffer: Buffer,
  offset: number,
  end: number,
  encoding: Encoding,
  depth = 0,
): ScannedElement {
  const header = readElementHeader(buffer, offset, end, encoding);
  if (header.tag >>> 16 === 0xfffe) throw new Part10Error('malformed', { offset });
  const itemEncoding = itemEncodingOf(header, encoding);
  const content = contentOf(header);
  if (header.length === UNDEFINED_LENGTH) {
    const valueEnd = scanUndefined(buffer, header.valueStart, end, itemEncoding, content, depth);
    return { header, content, itemEncoding, valueEnd, end: valueEnd + 8 };
  }
  const valueEnd = header.valueStart + header.length;
  if (valueEnd > end) throw truncated(offset);
  const isSequence = content === 'items' && (header.writtenVr !== 'UN' || holdsItems(buffer, header, itemEncoding));
  return isSequence || content === 'value'
    ? { header, content, itemEncoding, valueEnd, end: valueEnd }
    : { header: { ...header, vr: 'UN' }, content: 'value', itemEncoding, valueEnd, end: valueEnd };
}

/** Offset of the delimiter that ends a value of undefined length. */
function scanUndefined(
  buffer: Buffer,
  offset: number,
  end: number,
  encoding: Encoding,
  content: Content,
  depth: number,
): number {
  if (depth >= MAX_DEPTH) throw new Part10Error('too-deep', { offset });
  for (let at = offset; ;) {
    const header = readElementHeader(buffer, at, end, encoding);
    if (header.tag === SEQUENCE_DELIMITATION) return at;
    if (content === 'items') {
      at = scanItem(buffer, at, end, encoding, depth).end;
      continue;
    }
    if (header.tag !== ITEM || header.length === UNDEFINED_LENGTH) throw new Part10Error('malformed', { offset: at });
    at = header.valueStart + header.length;
  }
}

/** Reads the item at `offset` (PS3.5 §7.5). */
export function scanItem(buffer: Buffer, offset: number, end: number, encoding: Encoding, depth: number): ScannedItem {
  const { tag, valueStart, length } = readElementHeader(buffer, offset, end, encoding);
  if (tag !== ITEM) throw new Part10Error('malformed', { offset });
  if (length !== UNDEFINED_LENGTH) {
    const itemEnd = valueStart + length;
    if (itemEnd > end) throw truncated(offset);
    return { start: offset, valueStart, valueEnd: itemEnd, end: itemEnd, undefinedLength: false };
  }
  for (let at = valueStart; ;) {
    const header = readElementHeader(buffer, at, end, encoding);
    if (header.tag === ITEM_DELIMITATION) {
      return { start: offset, valueStart, valueEnd: at, end: at + 8, undefinedLength: true };
    }
    at = scanElement(buffer, at, end, encoding, depth + 1).end;
  }
}

/** The items of a scanned sequence, in order. */
export function* scanItems(buffer: Buffer, sequence: ScannedElement, depth: number): Generator<ScannedItem> {
  let at = sequence.header.valueStart;
  while (at < sequence.valueEnd) {
    const header = readElementHeader(buffer, at, sequence.valueEnd, sequence.itemEncoding);
    if (header.tag === SEQUENCE_DELIMITATION && at + 8 === sequence.valueEnd) return;
    const item = scanItem(buffer, at, sequence.valueEnd, sequence.itemEncoding, depth);
    yield item;
    at = item.end;
  }
}

/** Whether a UN value of defined length really is a sequence of items down to its last byte. */
function holdsItems(buffer: Buffer, header: ElementHeader, encoding: Encoding): boolean {
  const valueEnd = header.valueStart + header.length;
  try {
    for (let at = header.valueStart; at < valueEnd;) {
      const item = scanItem(buffer, at, valueEnd, encoding, 0);
      for (let inner = item.valueStart; inner < item.valueEnd;) {
        inner = scanElement(buffer, inner, item.valueEnd, encoding).end;
      }
      at = item.end;
    }
    return true;
  } catch (error) {
    if (error instanceof Part10Error) return false;
    throw error;
  }
}

import { type Tag, vrOf } from '../dictionary/index.ts';
import { Part10Error } from './errors.ts';
import { hasShortLength } from './valueRepresentations.ts';

/** How elements are written; changes to implicit little endian inside UN (PS3.5 §6.2.2). */
export interface Encoding {
  readonly explicit: boolean;
  readonly bigEndian: boolean;
}

/** Encoding of sequences inside elements of VR UN. */
export const IMPLICIT: Encoding = { explicit: false, bigEndian: false };
/** The length field of a value whose end is marked by a delimiter (PS3.5 §7.5.2). */
export const UNDEFINED_LENGTH = 0xffffffff;
/** Deeper nesting than this is an attack, not a data set. */
export const MAX_DEPTH = 64;

export const ITEM: Tag = 0xfffee000;
export const ITEM_DELIMITATION: Tag = 0xfffee00d;
export const SEQUENCE_DELIMITATION: Tag = 0xfffee0dd;
export const PIXEL_DATA: Tag = 0x7fe00010;

/** Tag, VR and length of an element and where its value begins. */
export interface ElementHeader {
  readonly tag: Tag;
  /** As written; empty in implicit VR and for items and delimiters. */
  readonly writtenVr: string;
  /** As written, or by the dictionary where nothing or UN is written. */
  readonly vr: string;
  /** Offset of the first byte of the element. */
  readonly start: number;
  /** Offset of the first byte of the value. */
  readonly valueStart: number;
  /** Bytes of the value or UNDEFINED_LENGTH. */
  readonly length: number;
}

/** The buffer ends inside an element that may go on beyond it; more bytes may help. */
export function truncated(offset: number): Part10Error {
  return new Part10Error('truncated', { offset });
}

function readTag(buffer: Buffer, offset: number, bigEndian: boolean): Tag {
  return bigEndian
    ? ((buffer.readUInt16BE(offset) << 16) | buffer.readUInt16BE(offset + 2)) >>> 0
    : ((buffer.readUInt16LE(offset) << 16) | buffer.readUInt16LE(offset + 2)) >>> 0;
}

function readLength(buffer: Buffer, offset: number, bigEndian: boolean): number {
  return bigEndian ? buffer.readUInt32BE(offset) : buffer.readUInt32LE(offset);
}

function isLetter(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x41 && byte <= 0x5a;
}

const vrTexts = new Map<number, string>();
/** The two letters of a VR; undefined when they are none. Interned: it is read for every element. */
function readVr(buffer: Buffer, offset: number): string | undefined {
  const code = buffer.readUInt16BE(offset);
  const known = vrTexts.get(code);
  if (known !== undefined) return known;
  if (!isLetter(buffer[offset]) || !isLetter(buffer[offset + 1])) return undefined;
  const text = buffer.toString('latin1', offset, offset + 2);
  vrTexts.set(code, text);
  return text;
}

/**
 * Reads the header of the element at `offset` (PS3.5 §7.1). Throws Part10Error `truncated` when the header
 * itself is not wholly before `end`, `malformed` when an explicit VR is none.
 * @param base - offset of the buffer's first byte in what the header's offsets count from
 */
export function readElementHeader(
  buffer: Buffer,
  offset: number,
  end: number,
  encoding: Encoding,
  base = 0,
): ElementHeader {
  const start = base + offset;
  if (offset + 8 > end) throw truncated(start);
  const { bigEndian } = encoding;
  const tag = readTag(buffer, offset, bigEndian);
  if (!encoding.explicit || tag >>> 16 === 0xfffe) {
    const vr = tag >>> 16 === 0xfffe ? '' : vrOf(tag);
    const length = readLength(buffer, offset + 4, bigEndian);
    return { tag, writtenVr: '', vr, start, valueStart: start + 8, length };
  }
  const writtenVr = readVr(buffer, offset + 4);
  if (writtenVr === undefined) throw new Part10Error('malformed', { offset: start });
  if (hasShortLength(writtenVr)) {
    const length = bigEndian ? buffer.readUInt16BE(offset + 6) : buffer.readUInt16LE(offset + 6);
    return { tag, writtenVr, vr: writtenVr, start, valueStart: start + 8, length };
  }
  if (offset + 12 > end) throw truncated(start);
  const length = readLength(buffer, offset + 8, bigEndian);
  const vr = writtenVr === 'UN' ? vrOf(tag) : writtenVr;
  return { tag, writtenVr, vr, start, valueStart: start + 12, length };
}

/** Writes the header of an element, item or delimiter. Throws Part10Error `value-too-long`. */
export function encodeElementHeader(tag: Tag, vr: string, length: number, encoding: Encoding): Buffer {
  const { bigEndian } = encoding;
  const isShort = !encoding.explicit || tag >>> 16 === 0xfffe || hasShortLength(vr);
  const header = Buffer.alloc(isShort ? 8 : 12);
  const uint16 = (value: number, at: number): number =>
    bigEndian ? header.writeUInt16BE(value, at) : header.writeUInt16LE(value, at);
  const uint32 = (value: number, at: number): number =>
    bigEndian ? header.writeUInt32BE(value, at) : header.writeUInt32LE(value, at);
  uint16(tag >>> 16, 0);
  uint16(tag & 0xffff, 2);
  if (length > UNDEFINED_LENGTH) throw new Part10Error('value-too-long', { length });
  if (!encoding.explicit || tag >>> 16 === 0xfffe) {
    uint32(length, 4);
    return header;
  }
  header.write(vr, 4, 2, 'latin1');
  if (!isShort) {
    uint32(length, 8);
    return header;
  }
  if (length > 0xffff) throw new Part10Error('value-too-long', { length });
  uint16(length, 6);
  return header;
}

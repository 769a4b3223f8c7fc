import { vrOf } from '../dictionary/index.ts';
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
} from './elementHeader.ts';
import { Part10Error } from './errors.ts';
import type { Token } from './token.ts';
import { isKnownVr } from './valueRepresentations.ts';

/** Longest UN value that is tried as a sequence, in bytes: all of it must be at hand for that. Longer ones are what the dictionary says. */
const MAX_TRIED_LENGTH = 16 * 1024 * 1024;

interface Frame {
  readonly kind: 'list' | 'items' | 'fragments';
  readonly encoding: Encoding;
  /** Offset behind it; undefined while a delimiter has to come. */
  readonly end: number | undefined;
  /** Offset that nothing inside may pass; undefined where that is the end of the source. */
  readonly limit: number | undefined;
}

/** What a scanner reads: a list of elements, or a value that may be a list of items. */
interface Start {
  readonly at: number;
  readonly encoding: Encoding;
  readonly kind?: 'list' | 'items';
  readonly depth?: number;
  /** UN values are left closed. */
  readonly isTrial?: boolean;
}

/**
 * Reads a data set from left to right, one token after the other, without recursion and without keeping anything but the stack of what is
 * open: it may stop for more bytes anywhere, and values are skipped, not read. It knows nothing of files or streams (PS3.5 §7).
 */
export class Scanner {
  /** Offset of what `next` reads. */
  position: number;
  /** Bytes from `position` on that `next` needs at least when it gave undefined. */
  wanted = 0;
  #size: number;
  readonly #frames: Frame[];
  readonly #baseDepth: number;
  readonly #isTrial: boolean;
  #isPadded = false;

  /** @param size - offset behind the last byte; Infinity while that is not known */
  constructor(start: Start, size: number) {
    this.position = start.at;
    this.#size = size;
    this.#baseDepth = start.depth ?? 0;
    this.#isTrial = start.isTrial ?? false;
    const end = start.isTrial === true ? size : undefined;
    this.#frames = [{ kind: start.kind ?? 'list', encoding: start.encoding, end, limit: end }];
  }

  /** Tells where the source ends. */
  endAt(size: number): void {
    this.#size = size;
  }

  /** Whether the next token is an item of encapsulated data. */
  get isInFragments(): boolean {
    return this.#frame.kind === 'fragments';
  }

  /**
   * Passes over the rest of the sequence that was just opened, if its length is defined.
   * @returns offset behind it; undefined when its tokens have to be read to find its end
   */
  skip(): number | undefined {
    const { end } = this.#frame;
    if (end === undefined) return undefined;
    this.#frames.pop();
    return (this.position = end);
  }

  /**
   * The next token; undefined when `wanted` bytes from `position` on are not all in `window`.
   * @param base - offset of the first byte of `window`
   * @throws Part10Error `truncated`, `malformed`, `too-deep`
   */
  next(window: Buffer, base: number): Token | undefined {
    const frame = this.#frame;
    if (this.position > this.#size) throw new Part10Error('truncated', { offset: this.#size });
    if (this.position === (frame.end ?? (this.#frames.length === 1 ? this.#size : undefined))) {
      return this.#close(this.position);
    }
    return frame.kind === 'list' ? this.#element(frame, window, base) : this.#item(frame, window, base);
  }

  get #frame(): Frame {
    return this.#frames[this.#frames.length - 1] as Frame;
  }

  /** Depth of the elements of the innermost list: each sequence and each item is a frame. */
  get #depth(): number {
    return this.#baseDepth + ((this.#frames.length - 1) >> 1);
  }

  #close(end: number): Token {
    const valueEnd = this.position;
    this.position = end;
    const frame = this.#frames.length > 1 ? this.#frames.pop() : undefined;
    if (frame === undefined) return { kind: 'end' };
    return { kind: frame.kind === 'list' ? 'item-end' : 'close', valueEnd, end };
  }

  #has(bytes: number, window: Buffer, base: number): boolean {
    this.wanted = bytes;
    if (this.position >= base && this.position + bytes <= base + window.length) return true;
    if (this.position + bytes > this.#size) throw new Part10Error('truncated', { offset: this.position });
    return false;
  }

  /** Offset behind a value. A value that leaves what surrounds it is no value. */
  #endOf(frame: Frame, start: number, valueStart: number, length: number): number {
    const end = valueStart + length;
    if (end > this.#size) throw new Part10Error('truncated', { offset: start });
    if (frame.limit !== undefined && end > frame.limit) throw new Part10Error('malformed', { offset: start });
    return end;
  }

  #push(kind: Frame['kind'], encoding: Encoding, end: number | undefined): void {
    if (this.#depth >= MAX_DEPTH) throw new Part10Error('too-deep', { offset: this.position });
    this.#frames.push({ kind, encoding, end, limit: end ?? this.#frame.limit });
  }

  #element(frame: Frame, window: Buffer, base: number): Token | undefined {
    const isTop = this.#frames.length === 1;
    const left = this.#size - this.position;
    if (isTop && (left < 8 || this.#isPadded)) return this.#padding(window, base, Math.min(left, 8));
    if (!this.#has(left < 12 ? 8 : 12, window, base)) return undefined;
    const at = this.position - base;
    if (isTop && isPadding(window, at, frame.encoding)) return this.#padding(window, base, 8);
    const header = readElementHeader(window, at, window.length, frame.encoding, base);
    const { tag, start, valueStart, length } = header;
    if (tag === ITEM_DELIMITATION && !isTop) return this.#delimiter(frame);
    if (tag >>> 16 === 0xfffe) throw new Part10Error('malformed', { offset: start });
    return length === UNDEFINED_LENGTH
      ? this.#undefinedLength(header, frame, window, base)
      : this.#definedLength(header, frame, this.#endOf(frame, start, valueStart, length), window, base);
  }

  /** A delimiter ends what has no length; some writers also put one at the end of what has. */
  #delimiter(frame: Frame): Token {
    const start = this.position;
    if (frame.end === undefined) return this.#close(start + 8);
    if (start + 8 !== frame.end) throw new Part10Error('malformed', { offset: start });
    this.position = frame.end;
    return { kind: 'filler', start, end: frame.end };
  }

  /** Zeros behind the last element, as some systems leave them. Nothing else may follow. */
  #padding(window: Buffer, base: number, atLeast: number): Token | undefined {
    if (!this.#has(atLeast, window, base)) return undefined;
    const start = this.position;
    const end = Math.min(this.#size, base + window.length);
    this.#isPadded = true;
    if (!window.subarray(start - base, end - base).every((byte) => byte === 0)) {
      throw new Part10Error(atLeast < 8 ? 'truncated' : 'malformed', { offset: start });
    }
    this.position = end;
    return { kind: 'filler', start, end };
  }

  #undefinedLength(header: ElementHeader, frame: Frame, window: Buffer, base: number): Token | undefined {
    const content = contentOfUndefined(header);
    let itemEncoding = frame.encoding;
    if (header.writtenVr === 'UN') {
      // Header, item header and the beginning of its first element, as far as they are there.
      const peeked = Math.min(12 + 8 + 8, this.#size - header.start);
      if (!this.#has(peeked, window, base)) return undefined;
      itemEncoding = isExplicitInside(window, header.valueStart - base) ? frame.encoding : IMPLICIT;
    }
    const depth = this.#depth;
    this.#push(content, itemEncoding, undefined);
    this.position = header.valueStart;
    return { kind: 'open', header, depth, content, itemEncoding };
  }

  #definedLength(header: ElementHeader, frame: Frame, end: number, window: Buffer, base: number): Token | undefined {
    const depth = this.#depth;
    let itemEncoding: Encoding | undefined = header.vr === 'SQ' ? frame.encoding : undefined;
    let vr = header.vr;
    const isUnknown = header.writtenVr === 'UN' || (vr === 'UN' && header.writtenVr === '');
    if (isUnknown) {
      const tried = this.#tryItems(header, frame, end, window, base);
      if (tried === undefined) return undefined;
      itemEncoding = tried ?? undefined;
      vr = itemEncoding === undefined && vr === 'SQ' ? 'UN' : vr;
    }
    if (itemEncoding === undefined) {
      this.position = end;
      // UN is little endian whatever surrounds it (PS3.5 §6.2.2).
      const isBigEndian = frame.encoding.bigEndian && header.writtenVr !== 'UN';
      return { kind: 'value', header: vr === header.vr ? header : { ...header, vr }, depth, end, isBigEndian };
    }
    this.#push('items', itemEncoding, end);
    this.position = header.valueStart;
    return { kind: 'open', header, depth, content: 'items', itemEncoding };
  }

  /**
   * How the items of a UN value are written, null when it holds none, undefined when more bytes are needed. UN carries implicit little
   * endian whatever surrounds it (PS3.5 §6.2.2 note 2); some writers left their explicit elements in it.
   */
  #tryItems(
    header: ElementHeader,
    frame: Frame,
    end: number,
    window: Buffer,
    base: number,
  ): Encoding | null | undefined {
    if (this.#isTrial) return null;
    if (header.length === 0) return header.vr === 'SQ' ? IMPLICIT : null;
    if (header.length < 8) return null;
    if (!this.#has(header.valueStart + 8 - header.start, window, base)) return undefined;
    if (window.readUInt32LE(header.valueStart - base) !== ITEM_LITTLE_ENDIAN) return null;
    if (header.length > MAX_TRIED_LENGTH) return header.vr === 'SQ' ? IMPLICIT : null;
    if (!this.#has(end - header.start, window, base)) return undefined;
    const value = window.subarray(header.valueStart - base, end - base);
    const encodings = frame.encoding.explicit ? [IMPLICIT, frame.encoding] : [IMPLICIT];
    return encodings.find((encoding) => holdsItems(value, encoding, this.#depth + 1)) ?? null;
  }

  #item(frame: Frame, window: Buffer, base: number): Token | undefined {
    if (!this.#has(8, window, base)) return undefined;
    const header = readElementHeader(window, this.position - base, window.length, frame.encoding, base);
    const { tag, start, valueStart, length } = header;
    if (tag === SEQUENCE_DELIMITATION) return this.#delimiter(frame);
    if (tag !== ITEM) throw new Part10Error('malformed', { offset: start });
    const end = length === UNDEFINED_LENGTH ? undefined : this.#endOf(frame, start, valueStart, length);
    if (frame.kind === 'fragments') {
      if (end === undefined) throw new Part10Error('malformed', { offset: start });
      this.position = end;
      return { kind: 'fragment', start, valueStart, end };
    }
    this.#frames.push({ kind: 'list', encoding: frame.encoding, end, limit: end ?? frame.limit });
    this.position = valueStart;
    return { kind: 'item', start, valueStart, length };
  }
}

/** The tag of an item as the four bytes of a little-endian number. */
const ITEM_LITTLE_ENDIAN = 0xe000fffe;

/** What an element of undefined length holds. */
function contentOfUndefined(header: ElementHeader): 'items' | 'fragments' {
  if (header.tag === PIXEL_DATA) return 'fragments';
  return header.writtenVr !== 'UN' && header.vr.startsWith('O') ? 'fragments' : 'items';
}

/** Whether no element but eight zeros stand there. In implicit VR they could be an element, but none that a data set has. */
function isPadding(window: Buffer, at: number, encoding: Encoding): boolean {
  if (window.readUInt32LE(at) !== 0 || window.readUInt16LE(at + 4) !== 0) return false;
  return encoding.explicit || window.readUInt16LE(at + 6) === 0;
}

/** Whether the first element of the first item at `at` has a VR that the dictionary confirms. */
function isExplicitInside(window: Buffer, at: number): boolean {
  if (at + 16 > window.length || window.readUInt32LE(at) !== ITEM_LITTLE_ENDIAN) return false;
  const tag = ((window.readUInt16LE(at + 8) << 16) | window.readUInt16LE(at + 10)) >>> 0;
  const vr = window.toString('latin1', at + 12, at + 14);
  const registered = vrOf(tag);
  return isKnownVr(vr) && (registered === vr || registered === 'UN');
}

/** Whether a value is a list of items down to its last byte. */
function holdsItems(value: Buffer, encoding: Encoding, depth: number): boolean {
  const scanner = new Scanner({ at: 0, encoding, kind: 'items', depth, isTrial: true }, value.length);
  try {
    while (scanner.next(value, 0)?.kind !== 'end');
    return true;
  } catch (error) {
    if (error instanceof Part10Error) return false;
    throw error;
  }
}

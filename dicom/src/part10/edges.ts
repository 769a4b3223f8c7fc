import type { FileHandle } from 'node:fs/promises';
import type { Tag } from '../dictionary/index.ts';
import { inflate } from './decode.ts';
import {
  type ElementHeader,
  ITEM,
  SEQUENCE_DELIMITATION,
  UNDEFINED_LENGTH,
  readElementHeader,
  truncated,
} from './elementHeader.ts';
import { Part10Error } from './errors.ts';
import { readBeginning, readRange } from './fileMeta.ts';
import { type ScannedElement, scanElement } from './scan.ts';
import { type TransferSyntax, transferSyntaxOf } from './transferSyntaxes.ts';

/** Pixel data in its four forms and spectroscopy data: what is never read into memory. */
const BULK: ReadonlySet<Tag> = new Set([0x7fe00008, 0x7fe00009, 0x7fe00010, 0x56000020]);
/** First read of a file in bytes; the headers of most instances fit. */
const WINDOW_BYTES = 64 * 1024;
/** Most that is held in memory of one data set without its bulk, in bytes. */
export const MAX_EDGE_BYTES = 256 * 1024 * 1024;
/** Read-ahead when walking along fragments, in bytes. */
const FRAGMENT_WINDOW_BYTES = 16 * 1024;

/** Region of a file, in bytes from its beginning, end excluded. */
export interface FileRegion {
  readonly start: number;
  readonly end: number;
}

/** A data set without its bulk element: what comes before it and behind it, in one buffer. */
export interface Edges {
  readonly syntax: TransferSyntax;
  readonly bytes: Buffer;
  /** Top-level elements but the bulk, with offsets in `bytes`. */
  readonly elements: readonly ScannedElement[];
  /** The data set as it was in the file, when it was deflated. */
  readonly deflated?: Buffer;
  readonly bulk: (FileRegion & { readonly tag: Tag; readonly splitAt: number }) | null;
}

/** Zeros behind the last element, as some systems leave them, end a data set. */
function isZeroTail(bytes: Buffer, at: number): boolean {
  return bytes.subarray(at).every((byte) => byte === 0);
}

/** Scans top-level elements from `at` on until the end, a bulk element or the first that is not wholly there. */
function scanTop(
  bytes: Buffer,
  from: number,
  syntax: TransferSyntax,
  elements: ScannedElement[],
  stopAtBulk: boolean,
): { at: number; bulk: ElementHeader | undefined; error: Part10Error | undefined } {
  let at = from;
  try {
    while (at < bytes.length) {
      const header = readElementHeader(bytes, at, bytes.length, syntax);
      if (stopAtBulk && BULK.has(header.tag)) return { at, bulk: header, error: undefined };
      const element = scanElement(bytes, at, bytes.length, syntax);
      elements.push(element);
      at = element.end;
    }
    return { at, bulk: undefined, error: undefined };
  } catch (error) {
    if (error instanceof Part10Error) return { at, bulk: undefined, error };
    throw error;
  }
}

/** Finds the end of encapsulated pixel data by walking along its fragments' headers (PS3.5 §A.4). */
async function endOfFragments(file: FileHandle, start: number, size: number, syntax: TransferSyntax): Promise<number> {
  let window: Buffer = Buffer.alloc(0);
  let windowStart = start;
  for (let at = start; ;) {
    if (at + 8 > size) throw truncated(at);
    if (at < windowStart || at + 8 > windowStart + window.length) {
      windowStart = at;
      window = await readRange(file, at, Math.min(at + FRAGMENT_WINDOW_BYTES, size));
    }
    const { tag, length } = readElementHeader(window, at - windowStart, window.length, syntax);
    if (tag === SEQUENCE_DELIMITATION) return at + 8;
    if (tag !== ITEM || length === UNDEFINED_LENGTH) throw new Part10Error('malformed', { offset: at });
    at += 8 + length;
  }
}

function inflatedEdges(deflated: Buffer, syntax: TransferSyntax): Edges {
  const bytes = inflate(deflated);
  const elements: ScannedElement[] = [];
  for (let at = 0; at < bytes.length;) {
    const element = scanElement(bytes, at, bytes.length, syntax);
    elements.push(element);
    at = element.end;
  }
  return { syntax, bytes, elements, deflated, bulk: null };
}

/** Elements before the bulk: reads on until it comes, or the stop tag, or the end of the file. */
async function readLeading(
  file: FileHandle,
  size: number,
  dataSetOffset: number,
  beginning: Buffer,
  syntax: TransferSyntax,
  stopBehind: Tag,
): Promise<{ bytes: Buffer; elements: ScannedElement[]; bulk: ElementHeader | undefined }> {
  const elements: ScannedElement[] = [];
  let bytes = beginning.subarray(dataSetOffset);
  for (let from = 0; ;) {
    const scanned = scanTop(bytes, from, syntax, elements, true);
    from = scanned.at;
    const isWhole = dataSetOffset + bytes.length >= size;
    const last = elements.at(-1);
    const isEnough = last !== undefined && last.header.tag >= stopBehind;
    if (scanned.bulk !== undefined || isEnough || (isWhole && scanned.error === undefined)) {
      return { bytes, elements, bulk: scanned.bulk };
    }
    if (isWhole && isZeroTail(bytes, from)) return { bytes, elements, bulk: undefined };
    if (scanned.error !== undefined && (isWhole || scanned.error.reason !== 'truncated')) throw scanned.error;
    if (bytes.length >= MAX_EDGE_BYTES) throw new Part10Error('too-large', { bytes: bytes.length });
    const wanted = Math.min(MAX_EDGE_BYTES, Math.max(bytes.length * 4, WINDOW_BYTES));
    const end = Math.min(size, dataSetOffset + wanted);
    const more = await readRange(file, dataSetOffset + bytes.length, end);
    bytes = Buffer.concat([bytes, more]);
  }
}

/**
 * Reads a data set without its bulk element.
 * @param stopBehind reading may end behind the first top-level element of this tag or a higher one
 * @throws Part10Error
 */
export async function readEdges(
  file: FileHandle,
  size: number,
  stopBehind: Tag = 0xffffffff,
): Promise<Edges & { meta: Awaited<ReturnType<typeof readBeginning>>['meta']; dataSetOffset: number }> {
  const { meta, dataSetOffset, beginning } = await readBeginning(file, size, WINDOW_BYTES);
  const syntax = transferSyntaxOf(meta.transferSyntaxUID);
  if (syntax.deflated) {
    if (size - dataSetOffset > MAX_EDGE_BYTES) throw new Part10Error('too-large', { bytes: size - dataSetOffset });
    const deflated = await readRange(file, dataSetOffset, size);
    return { meta, dataSetOffset, ...inflatedEdges(deflated, syntax) };
  }
  const leading = await readLeading(file, size, dataSetOffset, beginning, syntax, stopBehind);
  if (leading.bulk === undefined || stopBehind !== 0xffffffff) {
    return { meta, dataSetOffset, syntax, bytes: leading.bytes, elements: leading.elements, bulk: null };
  }
  const { tag, start: splitAt, valueStart, length } = leading.bulk;
  const valueOffset = dataSetOffset + valueStart;
  const isFragmented = length === UNDEFINED_LENGTH;
  const end = isFragmented ? await endOfFragments(file, valueOffset, size, syntax) : valueOffset + length;
  if (end > size) throw truncated(splitAt);
  if (size - end > MAX_EDGE_BYTES) throw new Part10Error('too-large', { bytes: size - end });
  const head = leading.bytes.subarray(0, splitAt);
  const bytes = end === size ? head : Buffer.concat([head, await readRange(file, end, size)]);
  const elements = [...leading.elements];
  const rest = scanTop(bytes, splitAt, syntax, elements, false);
  if (rest.error !== undefined && !isZeroTail(bytes, rest.at)) throw rest.error;
  return { meta, dataSetOffset, syntax, bytes, elements, bulk: { start: dataSetOffset + splitAt, end, tag, splitAt } };
}

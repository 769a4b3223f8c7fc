import { type FileHandle, open } from 'node:fs/promises';
import { encodeElement, encodeElements } from './encode.ts';
import { readElementHeader } from './elementHeader.ts';
import { Part10Error } from './errors.ts';
import { transferSyntaxOf, EXPLICIT_VR_LITTLE_ENDIAN } from './transferSyntaxes.ts';

/** What the file meta information (PS3.10 §7.1) says about the data set. */
export interface FileMeta {
  /** Media Storage SOP Class UID, empty when the file lacks it. */
  readonly sopClassUID: string;
  /** Media Storage SOP Instance UID, empty when the file lacks it. */
  readonly sopInstanceUID: string;
  readonly transferSyntaxUID: string;
}

/** Where the data set of a file is. Offsets and sizes in bytes. */
export interface Part10File {
  readonly meta: FileMeta;
  readonly dataSetOffset: number;
  readonly fileSize: number;
}

/** (0002,0012) of every file that Viaduct writes: a UUID-derived UID (PS3.5 §B.2), made once. */
export const IMPLEMENTATION_CLASS_UID = '2.25.311771176338068219811354808178491667174';
/** (0002,0013) of every file that Viaduct writes. */
export const IMPLEMENTATION_VERSION_NAME = 'VIADUCT_0_1';

const META_ENCODING = transferSyntaxOf(EXPLICIT_VR_LITTLE_ENDIAN);
const PREAMBLE_BYTES = 128;
/** File meta information is some hundred bytes; private information in it may be more. */
const META_WINDOW_BYTES = 4096;
const MAX_META_BYTES = 16 * 1024 * 1024;

/** A file's beginning as Viaduct writes it: empty preamble, `DICM`, file meta information (PS3.10 §7.1). The data set follows. */
export function encodeFileMeta(meta: FileMeta): Buffer {
  const uid = (tag: number, value: string) => ({ tag, vr: 'UI', value: Buffer.from(value, 'latin1') });
  const elements = encodeElements(
    [
      { tag: 0x00020001, vr: 'OB', value: Buffer.of(0, 1) },
      uid(0x00020002, meta.sopClassUID),
      uid(0x00020003, meta.sopInstanceUID),
      uid(0x00020010, meta.transferSyntaxUID),
      uid(0x00020012, IMPLEMENTATION_CLASS_UID),
      { tag: 0x00020013, vr: 'SH', value: Buffer.from(IMPLEMENTATION_VERSION_NAME, 'latin1') },
    ],
    META_ENCODING,
  );
  const length = Buffer.alloc(4);
  length.writeUInt32LE(elements.length);
  const groupLength = encodeElement({ tag: 0x00020000, vr: 'UL', value: length }, META_ENCODING);
  return Buffer.concat([Buffer.alloc(PREAMBLE_BYTES), Buffer.from('DICM', 'latin1'), groupLength, elements]);
}

/** The value of a UI element without its padding. */
export function uidText(value: Buffer): string {
  return value
    .toString('latin1')
    .replace(/[\0 ]+$/, '')
    .trimStart();
}

/**
 * Reads preamble and group 2 from the beginning of a file. The group's length field is not believed: it is often wrong.
 * @throws Part10Error `not-part10`, `truncated`, `malformed`, `transfer-syntax-missing`
 */
export function decodeFileMeta(buffer: Buffer): { meta: FileMeta; dataSetOffset: number } {
  if (buffer.toString('latin1', PREAMBLE_BYTES, PREAMBLE_BYTES + 4) !== 'DICM') throw new Part10Error('not-part10');
  const uids = new Map<number, string>();
  let at = PREAMBLE_BYTES + 4;
  while (at + 8 <= buffer.length && buffer.readUInt16LE(at) === 0x0002) {
    const { tag, vr, valueStart, length } = readElementHeader(buffer, at, buffer.length, META_ENCODING);
    at = valueStart + length;
    if (at > buffer.length) throw new Part10Error('truncated', { offset: valueStart });
    if (vr === 'UI') uids.set(tag, uidText(buffer.subarray(valueStart, at)));
  }
  const transferSyntaxUID = uids.get(0x00020010);
  if (!transferSyntaxUID) throw new Part10Error('transfer-syntax-missing');
  const meta = {
    sopClassUID: uids.get(0x00020002) ?? '',
    sopInstanceUID: uids.get(0x00020003) ?? '',
    transferSyntaxUID,
  };
  return { meta, dataSetOffset: at };
}

/** Runs `use` with the opened file; errors of the file system become Part10Error `unreadable`. */
export async function withFile<T>(path: string, use: (file: FileHandle, size: number) => Promise<T>): Promise<T> {
  try {
    await using file = await open(path, 'r');
    const { size } = await file.stat();
    return await use(file, size);
  } catch (error) {
    if (error instanceof Error && 'syscall' in error && 'code' in error) {
      throw new Part10Error('unreadable', { code: String(error.code) });
    }
    throw error;
  }
}

/** Exactly the bytes [start, end) of a file. Throws Part10Error `truncated` when there are fewer. */
export async function readRange(file: FileHandle, start: number, end: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(end - start);
  for (let filled = 0; filled < buffer.length;) {
    const { bytesRead } = await file.read(buffer, filled, buffer.length - filled, start + filled);
    if (bytesRead === 0) throw new Part10Error('truncated', { offset: start + filled });
    filled += bytesRead;
  }
  return buffer;
}

/** The beginning of a file, with as many bytes as its file meta information needs. */
export async function readBeginning(
  file: FileHandle,
  size: number,
  window = META_WINDOW_BYTES,
): Promise<{ meta: FileMeta; dataSetOffset: number; beginning: Buffer }> {
  for (let bytes = Math.min(window, size); ; bytes = Math.min(bytes * 4, size)) {
    const beginning = await readRange(file, 0, bytes);
    try {
      const decoded = decodeFileMeta(beginning);
      if (decoded.dataSetOffset + 8 <= bytes || bytes === size) return { ...decoded, beginning };
    } catch (error) {
      const needsMore = error instanceof Part10Error && error.reason === 'truncated' && bytes < size;
      if (!needsMore || bytes >= MAX_META_BYTES) throw error;
    }
  }
}

/**
 * Reads the file meta information of a Part 10 file and nothing else of it.
 * @throws Part10Error `unreadable`, `not-part10`, `truncated`, `malformed`, `transfer-syntax-missing`
 */
export async function readFileMeta(path: string): Promise<Part10File> {
  return withFile(path, async (file, fileSize) => {
    const { meta, dataSetOffset } = await readBeginning(file, fileSize);
    return { meta, dataSetOffset, fileSize };
  });
}

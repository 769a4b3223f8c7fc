import { encodeElement, encodeElements } from './encode.ts';
import { readElementHeader } from './elementHeader.ts';
import { Part10Error } from './errors.ts';
import { withoutPadding } from './trailing.ts';
import { transferSyntaxOf, EXPLICIT_VR_LITTLE_ENDIAN } from './transferSyntaxes.ts';

/** What the file meta information (PS3.10 §7.1) says about the data set. */
export interface FileMeta {
  /** Media Storage SOP Class UID, empty when the file lacks it. */
  readonly sopClassUID: string;
  /** Media Storage SOP Instance UID, empty when the file lacks it. */
  readonly sopInstanceUID: string;
  readonly transferSyntaxUID: string;
}

/** (0002,0012) of every file that Viaduct writes: a UUID-derived UID (PS3.5 §B.2), made once. */
export const IMPLEMENTATION_CLASS_UID = '2.25.311771176338068219811354808178491667174';
/** (0002,0013) of every file that Viaduct writes. */
export const IMPLEMENTATION_VERSION_NAME = 'VIADUCT_0_1';

const META_ENCODING = transferSyntaxOf(EXPLICIT_VR_LITTLE_ENDIAN);
const PREAMBLE_BYTES = 128;

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
  return withoutPadding(value.toString('latin1')).trimStart();
}

/** Group 2 as it is written, transfer syntax or not. */
export interface FoundMeta {
  readonly meta: FileMeta;
  readonly metaOffset: number;
  readonly dataSetOffset: number;
}

/**
 * Reads group 2 at `offset`. Its length field is not believed: it is often wrong. `transferSyntaxUID` is empty when there is none.
 * @throws Part10Error `truncated`, `malformed`
 */
export function decodeGroup2(buffer: Buffer, offset: number): FoundMeta {
  const uids = new Map<number, string>();
  let at = offset;
  while (at + 8 <= buffer.length && buffer.readUInt16LE(at) === 0x0002) {
    const { tag, vr, valueStart, length } = readElementHeader(buffer, at, buffer.length, META_ENCODING);
    at = valueStart + length;
    if (at > buffer.length) throw new Part10Error('truncated', { offset: valueStart });
    if (vr === 'UI') uids.set(tag, uidText(buffer.subarray(valueStart, at)));
  }
  const uid = (tag: number): string => uids.get(tag) ?? '';
  const meta = { sopClassUID: uid(0x00020002), sopInstanceUID: uid(0x00020003), transferSyntaxUID: uid(0x00020010) };
  return { meta, metaOffset: offset, dataSetOffset: at };
}

/** Offset of group 2 behind preamble and `DICM`; undefined without them (PS3.10 §7.1). */
export function group2Offset(buffer: Buffer): number | undefined {
  return buffer.toString('latin1', PREAMBLE_BYTES, PREAMBLE_BYTES + 4) === 'DICM' ? PREAMBLE_BYTES + 4 : undefined;
}

/**
 * Reads preamble and group 2 from the beginning of a file.
 * @throws Part10Error `not-part10`, `truncated`, `malformed`, `transfer-syntax-missing`
 */
export function decodeFileMeta(buffer: Buffer): FoundMeta {
  const offset = group2Offset(buffer);
  if (offset === undefined) throw new Part10Error('not-part10');
  const found = decodeGroup2(buffer, offset);
  if (found.meta.transferSyntaxUID === '') throw new Part10Error('transfer-syntax-missing');
  return found;
}

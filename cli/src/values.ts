import { formatTag } from '@viaduct/dicom/dictionary';
import { splitText } from '@viaduct/dicom/part10';

const TEXT_VRS = new Set('AE AS CS DA DS DT IS LO LT PN SH ST TM UC UI UR UT'.split(' '));

/** Whether values of this VR are text (PS3.5 §6.2). */
export function isText(vr: string): boolean {
  return TEXT_VRS.has(vr);
}

interface NumberFormat {
  readonly bytes: number;
  read(view: DataView, at: number, littleEndian: boolean): string;
}
const NUMBER_FORMATS: Readonly<Record<string, NumberFormat>> = {
  US: { bytes: 2, read: (view, at, little) => String(view.getUint16(at, little)) },
  SS: { bytes: 2, read: (view, at, little) => String(view.getInt16(at, little)) },
  UL: { bytes: 4, read: (view, at, little) => String(view.getUint32(at, little)) },
  SL: { bytes: 4, read: (view, at, little) => String(view.getInt32(at, little)) },
  UV: { bytes: 8, read: (view, at, little) => String(view.getBigUint64(at, little)) },
  SV: { bytes: 8, read: (view, at, little) => String(view.getBigInt64(at, little)) },
  FL: { bytes: 4, read: (view, at, little) => String(view.getFloat32(at, little)) },
  FD: { bytes: 8, read: (view, at, little) => String(view.getFloat64(at, little)) },
  AT: {
    bytes: 4,
    read: (view, at, little) => formatTag(view.getUint16(at, little) * 0x10000 + view.getUint16(at + 2, little)),
  },
};

/** The bytes of an element's value and what is needed to read them. */
export interface RawValue {
  readonly vr: string;
  readonly value: Buffer;
  /** Whether numbers are written with the highest byte first. */
  readonly isBigEndian: boolean;
}

/**
 * Values of an element of text or numbers, as text; undefined for binary ones.
 * @param specificCharacterSet of the data set around it
 */
export function valuesOf(
  { vr, value, isBigEndian }: RawValue,
  specificCharacterSet: readonly string[],
): readonly string[] | undefined {
  if (isText(vr)) return splitText(value, specificCharacterSet, vr);
  const format = NUMBER_FORMATS[vr];
  if (format === undefined) return undefined;
  const view = new DataView(value.buffer, value.byteOffset, value.byteLength);
  const count = Math.floor(value.length / format.bytes);
  return Array.from({ length: count }, (_, index) => format.read(view, index * format.bytes, !isBigEndian));
}

/** Bytes of a binary value in little endian. */
export function littleEndian({ vr, value, isBigEndian }: RawValue): Buffer {
  if (!isBigEndian || !['OW', 'OF', 'OL', 'OD', 'OV'].includes(vr)) return value;
  const bytes = Buffer.from(value);
  const isWhole = (size: number) => bytes.length % size === 0;
  if (vr === 'OW') return isWhole(2) ? bytes.swap16() : bytes;
  if (vr === 'OF' || vr === 'OL') return isWhole(4) ? bytes.swap32() : bytes;
  return isWhole(8) ? bytes.swap64() : bytes;
}

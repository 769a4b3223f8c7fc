import { formatTag } from '@viaduct/dicom/dictionary';
import { splitText, type DataElement } from '@viaduct/dicom/part10';

const TEXT_VRS = new Set('AE AS CS DA DS DT IS LO LT PN SH ST TM UC UI UR UT'.split(' '));

/** Whether values of this VR are text (PS3.5 §6.2). */
export function isText(vr: string): boolean {
  return TEXT_VRS.has(vr);
}

interface NumberFormat {
  readonly bytes: number;
  read(value: Buffer, at: number): string;
}
const NUMBER_FORMATS: Readonly<Record<string, NumberFormat>> = {
  US: { bytes: 2, read: (value, at) => String(value.readUInt16LE(at)) },
  SS: { bytes: 2, read: (value, at) => String(value.readInt16LE(at)) },
  UL: { bytes: 4, read: (value, at) => String(value.readUInt32LE(at)) },
  SL: { bytes: 4, read: (value, at) => String(value.readInt32LE(at)) },
  UV: { bytes: 8, read: (value, at) => String(value.readBigUInt64LE(at)) },
  SV: { bytes: 8, read: (value, at) => String(value.readBigInt64LE(at)) },
  FL: { bytes: 4, read: (value, at) => String(value.readFloatLE(at)) },
  FD: { bytes: 8, read: (value, at) => String(value.readDoubleLE(at)) },
  AT: { bytes: 4, read: (value, at) => formatTag(value.readUInt16LE(at) * 0x10000 + value.readUInt16LE(at + 2)) },
};

/**
 * Values of an element of text or numbers, as text; undefined for binary ones.
 * @param specificCharacterSet of the data set around it
 */
export function valuesOf(
  { vr, value }: DataElement,
  specificCharacterSet: readonly string[],
): readonly string[] | undefined {
  if (isText(vr)) return splitText(value, specificCharacterSet, vr);
  const format = NUMBER_FORMATS[vr];
  if (format === undefined) return undefined;
  const count = Math.floor(value.length / format.bytes);
  return Array.from({ length: count }, (_, index) => format.read(value, index * format.bytes));
}

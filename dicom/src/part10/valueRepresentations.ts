/** Facts of the value representations (PS3.5 §6.2 and §7.1.2). */

const SHORT_LENGTH = new Set('AE AS AT CS DA DS DT FL FD IS LO LT PN SH SL SS ST TM UI UL US'.split(' '));
const TEXT_OF_CHARACTER_SET = new Set(['LO', 'LT', 'PN', 'SH', 'ST', 'UC', 'UT']);
const SINGLE_TEXT = new Set(['LT', 'ST', 'UT', 'UR']);
const BYTES_PER_NUMBER: Readonly<Record<string, number>> = {
  US: 2,
  SS: 2,
  OW: 2,
  AT: 2,
  UL: 4,
  SL: 4,
  FL: 4,
  OF: 4,
  OL: 4,
  FD: 8,
  OD: 8,
  UV: 8,
  SV: 8,
  OV: 8,
};
const STRINGS = new Set('AE AS CS DA DS DT IS LO LT PN SH ST TM UC UI UR UT'.split(' '));

const LONG_LENGTH = new Set('OB OD OF OL OV OW SQ SV UC UN UR UT UV'.split(' '));

/** Whether the two letters are a VR of PS3.5 §6.2. */
export function isKnownVr(vr: string): boolean {
  return SHORT_LENGTH.has(vr) || LONG_LENGTH.has(vr);
}
/** Whether an explicit element of this VR has a 2-byte length. VRs unknown to us have 4 bytes, as all future ones (PS3.5 §6.2). */
export function hasShortLength(vr: string): boolean {
  return SHORT_LENGTH.has(vr);
}
/** Whether the value is text in the data set's Specific Character Set (PS3.5 §6.1.2.2). */
export function usesCharacterSet(vr: string): boolean {
  return TEXT_OF_CHARACTER_SET.has(vr);
}
/** Whether a backslash separates values of this VR (PS3.5 §6.4). */
export function isMultiValued(vr: string): boolean {
  return !SINGLE_TEXT.has(vr);
}
/** Whether the value is a character string of any kind. */
export function isString(vr: string): boolean {
  return STRINGS.has(vr);
}
/** Bytes of one number, 1 where byte order does not matter. AT is two numbers of 2 bytes. */
export function bytesPerNumber(vr: string): number {
  return BYTES_PER_NUMBER[vr] ?? 1;
}

/** The value padded to even length: NUL for UI and bytes, space for text (PS3.5 §6.2). The input itself when it is even. */
export function padded(value: Buffer, vr: string): Buffer {
  if (value.length % 2 === 0) return value;
  return Buffer.concat([value, Buffer.of(isString(vr) && vr !== 'UI' ? 0x20 : 0)]);
}

/** The value in the other byte order; the input itself where byte order does not matter or the length does not fit. */
export function swapped(value: Buffer, vr: string): Buffer {
  const size = bytesPerNumber(vr);
  if (size === 1 || value.length % size !== 0) return value;
  const copy = Buffer.from(value);
  if (size === 2) return copy.swap16();
  return size === 4 ? copy.swap32() : copy.swap64();
}

/** A word that is valid in every text VR and tells readers why it is there. */
const WORD = 'REMOVED';
const DUMMIES: Readonly<Record<string, string>> = {
  AS: '000Y',
  DA: '19000101',
  DS: '0',
  DT: '19000101000000',
  IS: '0',
  TM: '000000',
  UR: 'about:blank',
};
const WORDS = new Set(['AE', 'CS', 'LO', 'LT', 'PN', 'SH', 'ST', 'UC', 'UT']);
/** Bytes of one number. */
const BYTES: Readonly<Record<string, number>> = {
  US: 2,
  SS: 2,
  OB: 2,
  OW: 2,
  UN: 2,
  UL: 4,
  SL: 4,
  FL: 4,
  AT: 4,
  OF: 4,
  OL: 4,
};
const LARGEST_NUMBER_BYTES = 8;

/** Bytes of one number of a VR of numbers. */
export function numberBytes(vr: string): number {
  return BYTES[vr] ?? LARGEST_NUMBER_BYTES;
}

/** A value that is valid for the VR, not empty and the same for everybody (action D of PS3.15 table E.1-1). */
export function dummyFor(vr: string): Buffer {
  const text = WORDS.has(vr) ? WORD : DUMMIES[vr];
  return text === undefined ? Buffer.alloc(numberBytes(vr)) : Buffer.from(text, 'latin1');
}

import { expect, test } from 'vitest';
import { isKnownTransferSyntax, transferSyntaxOf } from '../part10/index.ts';
import { STORAGE_SOP_CLASS_UIDS, formatTag, keywordOf, mostValuesOf, registeredUid, tagOf, vrOf } from './index.ts';

test('keywords, tags and VRs agree', () => {
  expect(tagOf('PatientName')).toBe(0x00100010);
  expect(keywordOf(0x0020000d)).toBe('StudyInstanceUID');
  expect(vrOf(0x0020000d)).toBe('UI');
  expect(formatTag(0x7fe00010)).toBe('(7FE0,0010)');
  expect(() => tagOf('NoSuchWord')).toThrow(RangeError);
});

test.each([
  [0x60043000, 'OW'],
  [0x50101001, 'CS'],
  [0x00280106, 'US'],
  [0x00091001, 'UN'],
  [0x00090010, 'LO'],
  [0x00090000, 'UL'],
  [0x00080202, 'UN'],
])('the VR of %d is %s', (tag, vr) => expect(vrOf(tag)).toBe(vr));

test.each([
  ['Rows', 1],
  ['PixelSpacing', 2],
  ['ImageOrientationPatient', 6],
  ['WindowCenter', Infinity],
  ['LUTData', Infinity],
])('%s has at most %d values', (keyword, most) => expect(mostValuesOf(tagOf(keyword))).toBe(most));

test('every registered transfer syntax has its traits', () => {
  expect(transferSyntaxOf('1.2.840.10008.1.2')).toMatchObject({ explicit: false, encapsulated: false });
  expect(transferSyntaxOf('1.2.840.10008.1.2.2')).toMatchObject({ bigEndian: true, encapsulated: false });
  expect(transferSyntaxOf('1.2.840.10008.1.2.1.99')).toMatchObject({ deflated: true, encapsulated: false });
  expect(transferSyntaxOf('1.2.840.10008.1.2.4.50')).toMatchObject({ explicit: true, encapsulated: true });
  expect(isKnownTransferSyntax('1.2.840.10008.1.2.4.201')).toBe(true);
  expect(isKnownTransferSyntax('1.2.3')).toBe(false);
});

test('storage SOP classes are named', () => {
  expect(STORAGE_SOP_CLASS_UIDS).toContain('1.2.840.10008.5.1.4.1.1.2');
  expect(registeredUid('1.2.840.10008.5.1.4.1.1.2')?.name).toBe('CT Image Storage');
  expect(STORAGE_SOP_CLASS_UIDS.length).toBeGreaterThan(150);
});

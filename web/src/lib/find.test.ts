import { expect, test } from 'vitest';
import { matches, meaningOf } from './find.ts';

test.each([
  ['118', { patientId: '118' }],
  ['#118', {}],
  ['1.2.840.113619.2', { studyInstanceUid: '1.2.840.113619.2' }],
  ['00012345678', { patientId: '00012345678' }],
  [' PACS A ', { patientId: 'PACS A' }],
  ['a', {}],
  ['a\\b', {}],
])('%s may mean %o', (text, meaning) => expect(meaningOf(text)).toEqual(meaning));

test('names are found by any part, in any case', () => {
  expect(matches('Demo PACS A', 'pacs')).toBe(true);
  expect(matches('Demo PACS A', 'folder')).toBe(false);
});

import { describe, expect, test } from 'vitest';
import { readDate, readModalities, readSearch } from './search.ts';

describe('dates', () => {
  test.each([
    ['2026-11-21', '2026-11-21'],
    ['20261121', '2026-11-21'],
    ['21.11.2026', '2026-11-21'],
    ['1.2.2026', '2026-02-01'],
  ])('%s is read as %s', (written, date) => expect(readDate(written)).toBe(date));

  test.each(['03/04/2024', '2026-02-30', 'yesterday', ''])('%s is refused', (written) => {
    expect(readDate(written)).toBeUndefined();
  });
});

test('modalities may be separated by commas or spaces, in any case', () => {
  expect(readModalities('ct, MR  us')).toEqual(['CT', 'MR', 'US']);
});

describe('a search', () => {
  test('needs a source and something to look for', () => {
    const result = readSearch([], {});
    expect(Object.keys('errors' in result ? result.errors : {})).toEqual(['sources', 'patientId']);
  });

  test('whose range ends before it begins is refused at its end', () => {
    const result = readSearch(['a'], { studyDateFrom: '2024-05-01', studyDateUntil: '2024-04-01' });
    expect(Object.keys('errors' in result ? result.errors : {})).toEqual(['studyDateUntil']);
  });

  test('carries only what was typed', () => {
    expect(
      readSearch(['a', 'b'], { patientName: 'Doe, J*', studyDateFrom: '01.02.2024', accessionNumber: ' ' }),
    ).toEqual({
      input: { sourceIds: ['a', 'b'], patientName: 'Doe, J*', studyDateFrom: '2024-02-01' },
    });
  });
});

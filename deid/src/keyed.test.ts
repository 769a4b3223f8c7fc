import { expect, test } from 'vitest';
import { ageBetween, shiftDate, shiftDateTime } from './dates.ts';
import { dateShiftDays, deriveIdentifier, derivePseudonym, isDerivedPseudonym, patientHash } from './keyed.ts';

const KEY = Buffer.alloc(32, 1);
const OTHER = Buffer.alloc(32, 2);

test('a pseudonym depends on key, issuer and patient, not on padding', () => {
  const pseudonym = derivePseudonym(KEY, 'H', '1');
  expect(pseudonym).toMatch(/^[0-9A-HJKMNP-TV-Z]{13}$/);
  expect(derivePseudonym(KEY, 'H ', ' 1 ')).toBe(pseudonym);
  const others = [derivePseudonym(OTHER, 'H', '1'), derivePseudonym(KEY, '', 'H1'), derivePseudonym(KEY, 'H', '2')];
  expect(new Set([pseudonym, ...others]).size).toBe(4);
});

test('hash, pseudonym and shift of a patient tell nothing of each other', () => {
  expect(patientHash(KEY, '', '1')).toMatch(/^[0-9a-f]{64}$/);
  expect(patientHash(KEY, '', '1')).not.toBe(patientHash(OTHER, '', '1'));
});

test('a slip of the pen in a pseudonym is noticed', () => {
  const pseudonym = derivePseudonym(KEY, '', '1');
  expect(isDerivedPseudonym(pseudonym)).toBe(true);
  const slips = Array.from(pseudonym, (letter, at) => {
    const other = letter === '7' ? '8' : '7';
    return pseudonym.slice(0, at) + other + pseudonym.slice(at + 1);
  });
  expect(slips.filter(isDerivedPseudonym)).toEqual([]);
  expect(isDerivedPseudonym('P-001')).toBe(false);
});

test('identifiers of different attributes cannot be linked', () => {
  expect(deriveIdentifier(KEY, 'StudyID', '1')).toBe(deriveIdentifier(KEY, 'StudyID', ' 1'));
  expect(deriveIdentifier(KEY, 'StudyID', '1')).not.toBe(deriveIdentifier(KEY, 'AccessionNumber', '1'));
});

test('shifts lie between one day and ten years', () => {
  const shifts = Array.from({ length: 200 }, (_, at) => dateShiftDays(KEY, '', String(at)));
  expect(Math.max(...shifts)).toBeLessThan(0);
  expect(Math.min(...shifts)).toBeGreaterThanOrEqual(-3650);
  expect(new Set(shifts).size).toBeGreaterThan(150);
});

test('a short key is refused', () => {
  expect(() => derivePseudonym(Buffer.alloc(15), '', '1')).toThrow('key-too-short');
});

test.each([
  ['20240301', -1, '20240229'],
  ['00010101', -1, undefined],
  ['20230229', -1, undefined],
  ['1997.04.24', -1, undefined],
])('%s by %d days is %s', (date, days, expected) => expect(shiftDate(date, days)).toBe(expected));

test.each([
  ['20240301101112.000001+0200', -1, '20240229101112.000001+0200'],
  ['2024030110', -1, '2024022910'],
  ['2024', -365, '2023'],
  ['202403', -31, '202402'],
  ['2024-03', -1, undefined],
])('%s by %d days is %s', (value, days, expected) => expect(shiftDateTime(value, days)).toBe(expected));

test.each([
  ['20240301', '20240310', '009D'],
  ['20230301', '20240310', '012M'],
  ['19600302', '20240301', '063Y'],
  ['19000101', '20240301', '090Y'],
  ['20240310', '20240301', undefined],
  ['1960', '20240301', undefined],
])('born on %s one is on %s as old as %s', (birth, day, age) => expect(ageBetween(birth, day, 89)).toBe(age));

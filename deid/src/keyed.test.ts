import { expect, test } from 'vitest';
import { shiftDate, shiftDateTime } from './dates.ts';
import { dateShiftDays, derivePseudonym, patientHash } from './keyed.ts';

const KEY = Buffer.alloc(32, 1);
const OTHER = Buffer.alloc(32, 2);

test('a pseudonym depends on key, issuer and patient, not on padding', () => {
  const pseudonym = derivePseudonym(KEY, 'H', '1');
  expect(pseudonym).toMatch(/^[0-9A-HJKMNP-TV-Z]{12}$/);
  expect(derivePseudonym(KEY, 'H ', ' 1 ')).toBe(pseudonym);
  const others = [derivePseudonym(OTHER, 'H', '1'), derivePseudonym(KEY, '', 'H1'), derivePseudonym(KEY, 'H', '2')];
  expect(new Set([pseudonym, ...others]).size).toBe(4);
});

test('hash, pseudonym and shift of a patient tell nothing of each other', () => {
  expect(patientHash(KEY, '', '1')).toMatch(/^[0-9a-f]{64}$/);
  expect(patientHash(KEY, '', '1')).not.toBe(patientHash(OTHER, '', '1'));
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

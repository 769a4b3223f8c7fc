import { describe, expect, test } from 'vitest';
import {
  formatAhead,
  formatBytes,
  formatCount,
  formatDay,
  formatDuration,
  formatMoment,
  formatRate,
  formatRelative,
  instantOf,
  knownZone,
  shortenUid,
} from './format.ts';

describe('counts', () => {
  test.each([
    [0, '0'],
    [999, '999'],
    [1204, '1,204'],
    [214_880, '214,880'],
  ])('%d reads %s', (count, text) => expect(formatCount(count)).toBe(text));
});

describe('sizes', () => {
  test.each([
    [0, '0 B'],
    [512, '512 B'],
    [999, '999 B'],
    [1000, '1.0 kB'],
    [9_949, '9.9 kB'],
    [9_960, '10 kB'],
    [4_900_000_000, '4.9 GB'],
    [113_000_000_000, '113 GB'],
    [999_600, '1.0 MB'],
  ])('%d bytes read %s', (bytes, text) => expect(formatBytes(bytes)).toBe(text));

  test('a rate is a size per second', () => expect(formatRate(41_200_000)).toBe('41 MB/s'));
});

describe('durations', () => {
  test.each([
    [0, '0 ms'],
    [-5, '0 ms'],
    [320, '320 ms'],
    [4_200, '4.2 s'],
    [42_000, '42 s'],
    [59_700, '1 min'],
    [125_000, '2 min 5 s'],
    [11_520_000, '3 h 12 min'],
    [3_600_000, '1 h'],
    [187_200_000, '2 d 4 h'],
  ])('%d ms read %s', (ms, text) => expect(formatDuration(ms)).toBe(text));
});

describe('moments', () => {
  test('are written year first in the zone asked for', () => {
    expect(formatMoment('2026-11-21T13:02:07Z', 'Europe/Berlin')).toBe('2026-11-21 14:02');
    expect(formatMoment('2026-11-21T13:02:07Z', 'UTC', true)).toBe('2026-11-21 13:02:07');
  });

  test('midnight is 00, not 24', () => expect(formatMoment('2026-11-21T00:05:00Z', 'UTC')).toBe('2026-11-21 00:05'));

  test('a text that is no moment is empty', () => expect(formatMoment('soon', 'UTC')).toBe(''));

  test.each([
    [1_000, 'just now'],
    [42_000, '42 s ago'],
    [250_000, '4 min ago'],
    [8_000_000, '2 h 13 min ago'],
    [190_000_000, '2 d 4 h ago'],
    [-11_520_000, 'in 3 h 12 min'],
  ])('%d ms from now reads %s', (distance, text) => {
    expect(formatRelative(1_000_000_000_000, 1_000_000_000_000 + distance)).toBe(text);
  });

  test('an unknown zone becomes UTC', () => {
    expect(knownZone('Middle/Earth')).toBe('UTC');
    expect(knownZone(undefined)).toBe('UTC');
    expect(knownZone('Europe/Berlin')).toBe('Europe/Berlin');
  });
});

describe('unique identifiers', () => {
  test('are shortened in the middle and keep both ends', () => {
    const uid = '1.2.840.113619.2.55.3.604688119.971.1234567890.88';
    const short = shortenUid(uid);
    expect(short).toHaveLength(22);
    expect(uid.startsWith(short.split('…')[0] ?? '-')).toBe(true);
    expect(uid.endsWith(short.split('…')[1] ?? '-')).toBe(true);
  });

  test('stay whole when they are short', () => expect(shortenUid('1.2.3')).toBe('1.2.3'));
});

test('a moment near now is named by its day', () => {
  const now = Date.parse('2026-11-21T13:02:00Z');
  const at = (text: string, zone = 'Europe/Berlin') => formatDay(Date.parse(text), now, zone);
  expect(at('2026-11-21T21:00:00Z')).toBe('today 22:00');
  expect(at('2026-11-22T05:00:00Z')).toBe('tomorrow 06:00');
  expect(at('2026-11-22T23:30:00Z')).toBe('Mon 00:30');
  expect(at('2026-12-21T21:00:00Z')).toBe('2026-12-21 22:00');
  expect(formatAhead(now + 11_521_000, now)).toBe('3 h 12 min');
  expect(formatAhead(now + 44_100, now)).toBe('45 s');
});

test.each([
  ['2026-11-21T22:00', 'Europe/Berlin', '2026-11-21T21:00:00.000Z'],
  ['2026-07-01T22:00', 'Europe/Berlin', '2026-07-01T20:00:00.000Z'],
  ['2026-03-29T03:30', 'Europe/Berlin', '2026-03-29T01:30:00.000Z'],
  ['2026-11-01T12:00', 'America/New_York', '2026-11-01T17:00:00.000Z'],
])('%s in %s is the instant %s', (local, zone, instant) => expect(instantOf(local, zone)).toBe(instant));

test('what is no wall-clock time is no instant', () => {
  expect(instantOf('tomorrow', 'UTC')).toBeUndefined();
  expect(instantOf('2026-13-40T99:00', 'UTC')).toBeUndefined();
});

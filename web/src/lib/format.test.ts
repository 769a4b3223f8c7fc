import { describe, expect, test } from 'vitest';
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatMoment,
  formatRate,
  formatRelative,
  knownZone,
  remaining,
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

describe('the time that is left', () => {
  test('follows the pace so far', () => expect(remaining(250, 1000, 10_000)).toBe(30_000));
  test('is unknown before anything is done, when all is done, and in the first seconds', () => {
    expect(remaining(0, 10, 60_000)).toBeUndefined();
    expect(remaining(10, 10, 60_000)).toBeUndefined();
    expect(remaining(5, 10, 500)).toBeUndefined();
  });
});

import { expect, test } from 'vitest';
import { forecast, type GatedNode } from './start.ts';

/** A Saturday, 18:00 in Berlin. */
const NOW = Date.parse('2026-11-21T17:00:00Z');
const open: GatedNode = { id: 'a', name: 'PACS A', windows: null, suspended: false };
const nightly: GatedNode = {
  id: 'b',
  name: 'PACS B',
  windows: { timeZone: 'Europe/Berlin', weekly: [{ days: [1, 2, 3, 4, 5, 6, 7], from: '22:00', to: '06:00' }] },
  suspended: false,
};
const archive: GatedNode = { ...open, id: 'd', name: 'Archive' };

test('what nothing holds back begins now', () => {
  expect(forecast(null, false, [open], archive, NOW)).toEqual({ open: true, closesAt: null });
});

test('one open source is enough to begin', () => {
  expect(forecast(null, false, [nightly, open], archive, NOW)).toMatchObject({ open: true });
});

test('a closed source says when it opens, and that it is the one', () => {
  const opensAt = Date.parse('2026-11-21T21:00:00Z');
  expect(forecast(null, false, [nightly], archive, NOW)).toEqual({ open: false, opensAt, node: 'PACS B' });
});

test('a later beginning holds back until then', () => {
  const schedule = { notBefore: '2026-11-22T10:00:00Z', windows: null, atClose: 'park', maxOverrunMs: 0 } as const;
  expect(forecast(schedule, false, [open], archive, NOW)).toEqual({
    open: false,
    opensAt: Date.parse('2026-11-22T10:00:00Z'),
    node: undefined,
  });
});

test('a suspended destination has no end', () => {
  expect(forecast(null, true, [open], { ...archive, suspended: true }, NOW)).toEqual({
    open: false,
    opensAt: null,
    node: 'Archive',
  });
});

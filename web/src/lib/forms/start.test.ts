import { expect, test } from 'vitest';
import type { BasketItem } from '../types.ts';
import { endsAbout, forecast, type GatedNode, type Planned } from './start.ts';

/** A Saturday, 18:00 in Berlin. */
const NOW = Date.parse('2026-11-21T17:00:00Z');
const open: GatedNode = { id: 'a', name: 'PACS A', windows: null, suspended: false, openJobs: 0 };
const nightly: GatedNode = {
  id: 'b',
  name: 'PACS B',
  windows: { timeZone: 'Europe/Berlin', weekly: [{ days: [1, 2, 3, 4, 5, 6, 7], from: '22:00', to: '06:00' }] },
  suspended: false,
  openJobs: 0,
};
const archive: GatedNode = { ...open, id: 'd', name: 'Archive' };

const planned = (sources: readonly GatedNode[], more: Partial<Planned> = {}): Planned => ({
  schedule: null,
  urgent: false,
  sources,
  destination: archive,
  ...more,
});

test('what nothing holds back begins now', () => {
  expect(forecast(planned([open]), NOW)).toEqual({ open: true, closesAt: null });
});

test('one open source is enough to begin', () => {
  expect(forecast(planned([nightly, open]), NOW)).toMatchObject({ open: true });
});

test('a closed source says when it opens, and that it is the one', () => {
  const opensAt = Date.parse('2026-11-21T21:00:00Z');
  expect(forecast(planned([nightly]), NOW)).toEqual({ open: false, opensAt, node: 'PACS B' });
});

test('a later beginning holds back until then', () => {
  const schedule = { notBefore: '2026-11-22T10:00:00Z', windows: null, atClose: 'park', maxOverrunMs: 0 } as const;
  expect(forecast(planned([open], { schedule }), NOW)).toEqual({
    open: false,
    opensAt: Date.parse('2026-11-22T10:00:00Z'),
    node: undefined,
  });
});

test('a suspended destination has no end', () => {
  expect(forecast(planned([open], { urgent: true, destination: { ...archive, suspended: true } }), NOW)).toEqual({
    open: false,
    opensAt: null,
    node: 'Archive',
  });
});

/** 3,600 images of each node, of which one comes through in a second. */
const basketOf = (nodes: readonly GatedNode[]): BasketItem[] =>
  nodes.map(({ id }) => ({
    study: { nodeId: id, modalities: ['CT'], numberOfInstances: 3_600 } as BasketItem['study'],
    seriesInstanceUids: [],
    chosenInstances: null,
  }));
const experience = [open, nightly].map(({ id }) => ({ nodeId: id, imagesPerSecond: 1, sizes: [] }));

test('the end is that of the last source, inside its hours', () => {
  const sources = [open, nightly];
  const at = Date.parse('2026-11-21T22:00:00Z');
  expect(endsAbout(planned(sources), basketOf(sources), experience, NOW)).toEqual({ at, shared: false });
});

test('what shares its source with others says so, unless it goes before them', () => {
  const busy = { ...open, openJobs: 1 };
  const at = NOW + 3_600_000;
  expect(endsAbout(planned([busy]), basketOf([busy]), experience, NOW)).toEqual({ at, shared: true });
  const urgent = planned([busy], { urgent: true });
  expect(endsAbout(urgent, basketOf([busy]), experience, NOW)).toEqual({ at, shared: false });
});

test('nobody knows the end where the speed of a source is unknown', () => {
  expect(endsAbout(planned([archive]), basketOf([archive]), experience, NOW)).toBeUndefined();
});

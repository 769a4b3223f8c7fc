import { expect, test } from 'vitest';
import { addressOf } from './interest.ts';

test('a page that wants nothing hears of the nodes', () => {
  expect(addressOf([])).toBe('/api/v1/events?topic=nodes');
});

test('the parts of a page share one connection', () => {
  const parts = [
    { topics: ['jobs'] as const, rows: ['a', 'b'] },
    { topics: ['jobs', 'nodes'] as const, rows: ['b'] },
  ];
  expect(addressOf(parts)).toBe('/api/v1/events?topic=jobs&topic=nodes&row=a&row=b');
});

test('the page of a job follows it and those of its tasks that it shows', () => {
  expect(addressOf([{ job: 'a' }, { job: 'a', tasks: [3, 1] }])).toBe('/api/v1/events?job=a&task=3&task=1');
});

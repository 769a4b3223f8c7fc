import { expect, test } from 'vitest';
import { jobQueryOf } from './jobQuery.ts';

test('filters of the address are taken as people write them, what makes no sense is left out', () => {
  const query = jobQueryOf(
    new URLSearchParams('from=1.3.2026&until=someday&state=paused&state=lost&urgent=maybe&q= CT '),
  );
  expect(query).toEqual({ state: ['paused'], from: '2026-03-01', q: 'CT' });
});

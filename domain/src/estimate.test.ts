import { describe, expect, test } from 'vitest';
import { endOf, typicalImageBytes } from './estimate.ts';
import { ALWAYS, type Gates } from './gates.ts';

const HOUR = 3_600_000;
const at = (text: string) => Date.parse(`2026-11-23T${text}:00Z`); // a Monday
const iso = (ms: number | undefined) => ms && new Date(ms).toISOString().slice(0, 16);
const nightly = { timeZone: 'UTC', weekly: [{ days: [1, 2, 3, 4, 5, 6, 7] as const, from: '22:00', to: '02:00' }] };
const gates = (over: Partial<Gates>): Gates => ({ schedule: ALWAYS, urgent: false, nodes: [], ...over });

describe('the end', () => {
  test('without hours is as far away as the work is long', () => {
    expect(iso(endOf(gates({}), undefined, at('10:00'), 3 * HOUR))).toBe('2026-11-23T13:00');
  });
  test('counts only the hours of the job', () => {
    const schedule = { ...ALWAYS, windows: nightly };
    expect(iso(endOf(gates({ schedule }), undefined, at('10:00'), 6 * HOUR))).toBe('2026-11-25T00:00');
  });
  test('counts only hours in which its nodes are open too', () => {
    const nodes = [{ id: 'a', windows: nightly, suspended: false }];
    const ends = { sourceId: 'a', destinationId: 'b' };
    expect(iso(endOf(gates({ nodes }), ends, at('23:00'), 4 * HOUR))).toBe('2026-11-24T23:00');
  });
  test('is not known while a node is suspended', () => {
    const nodes = [{ id: 'a', windows: null, suspended: true }];
    expect(endOf(gates({ nodes }), { sourceId: 'a', destinationId: 'b' }, at('10:00'), HOUR)).toBeUndefined();
  });
});

test('the usual size of an image is that of its modalities, as far as they have one', () => {
  expect(typicalImageBytes(['CT', 'SR'])).toBe(527_000);
  expect(typicalImageBytes(['CT', 'PT'])).toBe(288_500);
  expect(typicalImageBytes(['SR'])).toBeUndefined();
});

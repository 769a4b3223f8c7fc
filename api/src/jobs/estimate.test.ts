import { ALWAYS, type Gates } from '@viaduct/domain';
import { describe, expect, test } from 'vitest';
import { endOf, imagesLeft } from './estimate.ts';

const HOUR = 3_600_000;
const at = (text: string) => Date.parse(`2026-11-23T${text}:00Z`); // a Monday
const iso = (ms: number | undefined) => ms && new Date(ms).toISOString().slice(0, 16);
const nightly = { timeZone: 'UTC', weekly: [{ days: [1, 2, 3, 4, 5, 6, 7] as const, from: '22:00', to: '02:00' }] };
const gates = (over: Partial<Gates>): Gates => ({ schedule: ALWAYS, urgent: false, nodes: [], ...over });

describe('images that are left', () => {
  test.each([
    ['nothing is known while no study has been looked at', { tasks: 5, untouched: 5, expected: 0, over: 0 }, undefined],
    ['what is expected and not over', { tasks: 2, untouched: 0, expected: 100, over: 30 }, 70],
    ['untouched studies are taken to be like the others', { tasks: 4, untouched: 2, expected: 100, over: 100 }, 100],
    ['never less than none', { tasks: 1, untouched: 0, expected: 10, over: 12 }, 0],
  ])('%s', (_what, progress, left) => expect(imagesLeft(progress)).toBe(left));
});

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

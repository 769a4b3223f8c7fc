import { describe, expect, test } from 'vitest';
import { ALWAYS, deadlineOf, gateOf, jobGate, nextChange, type Gates, type NodeGate } from './gates.ts';
import type { Windows } from './windows.ts';

const at = (time: string) => Date.parse(`2026-06-01T${time}:00Z`); // a Monday
const daily = (from: string, to: string): Windows => ({
  timeZone: 'UTC',
  weekly: [{ days: [1, 2, 3, 4, 5, 6, 7], from, to }],
});
const node = (id: string, windows: Windows | null = null, suspended = false): NodeGate => ({ id, windows, suspended });
const gates = (changes: Partial<Gates> = {}): Gates => ({
  schedule: ALWAYS,
  urgent: false,
  nodes: [node('a'), node('b')],
  ...changes,
});
const ENDS = { sourceId: 'a', destinationId: 'b' };

test('without any rule everything is open for ever', () => {
  expect(gateOf(gates(), ENDS, at('12:00'))).toEqual({ open: true, closesAt: null });
  expect(nextChange(gates(), at('12:00'))).toBeNull();
});

test('a job does not begin before its start time', () => {
  const later = gates({ schedule: { ...ALWAYS, notBefore: new Date(at('20:00')).toISOString() } });
  expect(jobGate(later, at('12:00'))).toEqual({ open: false, opensAt: at('20:00'), by: 'not-before' });
  expect(jobGate(later, at('20:00')).open).toBe(true);
});

describe('job and nodes together', () => {
  const job = { ...ALWAYS, windows: daily('08:00', '18:00') };

  test('are open only where all are, until the first closes', () => {
    const all = gates({
      schedule: job,
      nodes: [node('a', daily('10:00', '16:00')), node('b', daily('12:00', '20:00'))],
    });
    expect(gateOf(all, ENDS, at('13:00'))).toEqual({ open: true, closesAt: at('16:00') });
  });

  test('name what opens last', () => {
    const all = gates({ schedule: job, nodes: [node('a', daily('10:00', '16:00')), node('b')] });
    expect(gateOf(all, ENDS, at('07:00'))).toEqual({
      open: false,
      opensAt: at('10:00'),
      by: 'node-window',
      nodeId: 'a',
    });
  });

  test('skip openings at which another one is closed', () => {
    // The node opens at 20:00, when the job has closed; both are open the next day at 08:00.
    const all = gates({ schedule: job, nodes: [node('a', daily('20:00', '10:00')), node('b')] });
    expect(gateOf(all, ENDS, at('12:00'))).toEqual({
      open: false,
      opensAt: at('08:00') + 86_400_000,
      by: 'job-window',
    });
  });

  test('that never meet say so', () => {
    const all = gates({ schedule: job, nodes: [node('a', daily('20:00', '22:00')), node('b')] });
    expect(gateOf(all, ENDS, at('12:00'))).toMatchObject({ open: false, opensAt: null });
  });

  test('of other tasks do not matter', () => {
    const all = gates({ nodes: [node('a'), node('b'), node('c', null, true)] });
    expect(gateOf(all, ENDS, at('12:00')).open).toBe(true);
    expect(gateOf(all, { sourceId: 'c', destinationId: 'b' }, at('12:00')).open).toBe(false);
  });
});

test('urgent jobs go on outside their own hours, not outside those of a node', () => {
  const schedule = { ...ALWAYS, windows: daily('20:00', '22:00') };
  expect(gateOf(gates({ schedule, urgent: true }), ENDS, at('12:00')).open).toBe(true);
  const closed = gates({ schedule, urgent: true, nodes: [node('a', daily('20:00', '22:00'))] });
  expect(gateOf(closed, ENDS, at('12:00'))).toMatchObject({ open: false, by: 'node-window' });
});

test('a suspended node is closed without an end', () => {
  const suspended = gates({ nodes: [node('a', daily('08:00', '18:00'), true), node('b')] });
  expect(gateOf(suspended, ENDS, at('12:00'))).toEqual({
    open: false,
    opensAt: null,
    by: 'node-suspended',
    nodeId: 'a',
  });
});

describe('running work', () => {
  const finish = { ...ALWAYS, windows: daily('08:00', '18:00'), atClose: 'finish', maxOverrunMs: 1_800_000 } as const;

  test('is parked when the job closes', () => {
    const parks = gates({ schedule: { ...finish, atClose: 'park' } });
    expect(deadlineOf(parks, ENDS, at('17:00'))).toBe(at('18:00'));
  });

  test('may overrun the job’s hours when it is to be finished, and keeps its deadline meanwhile', () => {
    const all = gates({ schedule: finish });
    expect(deadlineOf(all, ENDS, at('17:00'))).toBe(at('18:30'));
    expect(deadlineOf(all, ENDS, at('18:10'), at('18:30'))).toBe(at('18:30'));
  });

  test('never overruns the hours of a node', () => {
    const all = gates({ schedule: finish, nodes: [node('a', daily('08:00', '18:10')), node('b')] });
    expect(deadlineOf(all, ENDS, at('17:00'))).toBe(at('18:10'));
  });

  test('ends at once when its node is suspended', () => {
    expect(deadlineOf(gates({ nodes: [node('b', null, true)] }), ENDS, at('12:00'))).toBe(at('12:00'));
  });
});

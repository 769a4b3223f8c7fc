import { expect, test } from 'vitest';
import { inOrder } from './steps.ts';
import type { Step } from './types.ts';

let id = 0;
const step = (name: string, partNo: number | null, attempt = 1): Step => ({
  id: ++id,
  runNo: 1,
  step: name,
  partNo,
  attempt,
  hostId: 'host-1',
  startedAt: '2026-11-21T14:00:00Z',
  endedAt: null,
  outcome: null,
  instances: null,
});

test('the steps of a part stand in the order in which its images go through them', () => {
  const began = [
    step('find', null),
    step('store', 1),
    step('retrieve', 1),
    step('admit', 2),
    step('pseudonymize', 1),
    step('retrieve', 1, 2),
    step('retrieve', 2),
    step('verify', null),
  ];
  expect(inOrder(began).map(({ step, partNo, attempt }) => `${step} ${partNo} ${attempt}`)).toEqual([
    'find null 1',
    'retrieve 1 1',
    'pseudonymize 1 1',
    'store 1 1',
    'retrieve 1 2',
    'admit 2 1',
    'retrieve 2 1',
    'verify null 1',
  ]);
});

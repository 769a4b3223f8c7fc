import { expect, test } from 'vitest';
import { taskFilterOf, taskSearchOf } from './taskQuery.ts';

const node = '019aa5f0-0000-7000-8000-000000000001';

test('a filter comes back from the address that it makes', () => {
  const filter = { state: ['failure' as const], cause: ['timeout'], causeNodeId: node };
  expect(taskFilterOf(new URLSearchParams(taskSearchOf(filter)))).toEqual(filter);
});

test('what makes no sense in an address is left out', () => {
  expect(taskFilterOf(new URLSearchParams('state=asleep&cause=<b>&nodeId=1&q=Doe'))).toEqual({});
});

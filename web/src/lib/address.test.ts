import { expect, test } from 'vitest';
import { actionIn, queryWith, queryWithStates, sameStates } from './address.ts';

test('changing a filter leads to the start of the list and keeps the other filters', () => {
  expect(queryWithStates('?projectId=p&cursor=c&state=running', ['failure', 'canceled'])).toBe(
    '?projectId=p&state=failure&state=canceled',
  );
  expect(queryWith('?q=7&ask=cancel')).toBe('?q=7');
});

test('an action is posted to the view it was asked in, without the action before it', () => {
  expect(actionIn('', 'act')).toBe('?/act');
  expect(actionIn('?tab=failures&/retry', 'act')).toBe('?tab=failures&/act');
  expect(actionIn('?state=running&ask=pause', 'act')).toBe('?state=running&/act');
});

test('the order of chosen states does not matter', () => {
  expect(sameStates(['a', 'b'], ['b', 'a'])).toBe(true);
  expect(sameStates([], ['a'])).toBe(false);
});

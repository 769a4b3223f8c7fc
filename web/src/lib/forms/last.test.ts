import { expect, test } from 'vitest';
import { readLast, writeLast } from './last.ts';

test('last choices come back from their cookie', () => {
  const last = { sourceIds: ['a', 'b'], destinationId: 'c', projectId: 'p', pseudonymize: false };
  expect(readLast(writeLast(last))).toEqual(last);
});

test('nobody has chosen anything yet: pseudonymized, and nothing else', () => {
  expect(readLast(undefined)).toEqual({ sourceIds: [], destinationId: '', projectId: '', pseudonymize: true });
});

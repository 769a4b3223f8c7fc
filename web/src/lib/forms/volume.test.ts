import { expect, test } from 'vitest';
import type { BasketItem } from '../types.ts';
import { bytesOf, workOf } from './volume.ts';

const item = (nodeId: string, modalities: string[], numberOfInstances: number | null): BasketItem => ({
  study: { nodeId, modalities, numberOfInstances } as BasketItem['study'],
  seriesInstanceUids: [],
  chosenInstances: null,
});
const experience = [{ nodeId: 'a', imagesPerSecond: 20, sizes: [{ modalities: ['PT', 'CT'], imageBytes: 100_000 }] }];

test('a basket is as large as such studies of its source were, else as is usual', () => {
  expect(bytesOf([item('a', ['CT', 'PT'], 10)], experience)).toBe(1_000_000);
  expect(bytesOf([item('a', ['MR'], 10)], experience)).toBe(2_630_000);
});

test.each([
  ['its source did not count', item('a', ['CT'], null)],
  ['no size is usual', item('a', ['SR'], 1)],
])('nothing is said of the size where %s', (_why, unknown) => {
  expect(bytesOf([item('a', ['CT', 'PT'], 10), unknown], experience)).toBeUndefined();
});

test('studies take as long as their source has shown; of another nobody knows', () => {
  const basket = [item('a', ['CT'], 600), item('b', ['CT'], 600)];
  expect(workOf(basket, 'a', experience)).toBe(30_000);
  expect(workOf(basket, 'b', experience)).toBeUndefined();
});

import { expect, test } from 'vitest';
import { sparklinePath, spanOf, withSample } from './sparkline.ts';

test('the largest value touches the top, zero the bottom', () => {
  expect(sparklinePath([0, 10, 5], 100, 22).line).toBe('M0,21L50,1L100,11');
});

test('a fixed top keeps lines comparable', () => {
  expect(sparklinePath([0, 10], 100, 22, 20).line).toBe('M0,21L100,11');
});

test('one value, or nothing but zeros, is a flat line', () => {
  expect(sparklinePath([5], 100, 22)).toEqual({ line: 'M0,21H100', area: '' });
  expect(sparklinePath([0, 0], 100, 22).line).toBe('M0,21L100,21');
});

test('a line on the page keeps its newest samples', () => {
  let values: number[] = [];
  for (let at = 0; at < 200; at++) values = withSample(values, at);
  expect(values).toHaveLength(90);
  expect(values.at(-1)).toBe(199);
  expect(spanOf(values)).toBe(180_000);
  expect(spanOf(values.slice(1))).toBeUndefined();
});

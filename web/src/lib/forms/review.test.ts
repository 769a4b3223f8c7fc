import { expect, test } from 'vitest';
import { boxBetween, decisionOf } from './review.ts';

const SIZE = { width: 640, height: 480 };

test('a box is drawn in any direction and stays inside the image', () => {
  expect(boxBetween({ x: 100.4, y: 40 }, { x: -20, y: 10.6 }, SIZE)).toEqual({ x: 0, y: 11, width: 100, height: 29 });
  expect(boxBetween({ x: 600, y: 470 }, { x: 900, y: 900 }, SIZE)).toEqual({ x: 600, y: 470, width: 40, height: 10 });
});

test('a click draws nothing', () => {
  expect(boxBetween({ x: 5, y: 5 }, { x: 6, y: 5 }, SIZE)).toBeUndefined();
});

test('a decision is read from its form, and one with unreadable rectangles is none', () => {
  const form = (fields: Record<string, string>) => {
    const data = new FormData();
    for (const [name, value] of Object.entries(fields)) data.append(name, value);
    return data;
  };
  expect(decisionOf(form({ decision: 'approve', rectangles: '0, 0, 640, 25', alike: 'on' }))).toEqual({
    decision: 'approve',
    rectangles: [{ x: 0, y: 0, width: 640, height: 25 }],
    alike: true,
    remember: false,
  });
  expect(decisionOf(form({ decision: 'approve', rectangles: '0, 0, wide' }))).toBeUndefined();
});

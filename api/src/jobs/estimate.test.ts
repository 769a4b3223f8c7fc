import { expect, test } from 'vitest';
import { imagesLeft } from './estimate.ts';

test.each([
  ['nothing is known while no study has been looked at', { tasks: 5, untouched: 5, expected: 0, over: 0 }, undefined],
  ['what is expected and not over', { tasks: 2, untouched: 0, expected: 100, over: 30 }, 70],
  ['untouched studies are taken to be like the others', { tasks: 4, untouched: 2, expected: 100, over: 100 }, 100],
  ['never less than none', { tasks: 1, untouched: 0, expected: 10, over: 12 }, 0],
])('images that are left: %s', (_what, progress, left) => expect(imagesLeft(progress)).toBe(left));

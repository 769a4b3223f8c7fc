import { expect, it } from 'vitest';
import { withoutPadding, withoutTrailing } from './trailing.ts';

it.each([
  ['1.2\0', '1.2'],
  [' A B \0 ', ' A B'],
  ['\0 ', ''],
  ['', ''],
])('%j without its padding is %j', (text, trimmed) => {
  expect(withoutPadding(text)).toBe(trimmed);
});

it('takes long runs that are no padding in its stride', () => {
  const text = `${' '.repeat(2_000_000)}x`;
  expect(withoutTrailing(text, ' ')).toBe(text);
});

import { expect, test } from 'vitest';
import { choiceCookie, isShown, readChoices } from './columns.ts';

test('chosen columns come back from their cookie', () => {
  const [pair = ''] = choiceCookie('jobs', { owner: false, rate: true }).split(';');
  const [name = '', value = ''] = pair.split('=');
  expect(
    readChoices([
      { name, value },
      { name: 'zone', value: 'UTC' },
    ]),
  ).toEqual({
    jobs: { owner: false, rate: true },
  });
});

test('a column without a choice follows its default, a fixed one stays', () => {
  expect(isShown({ id: 'rate', label: 'Rate', off: true }, {})).toBe(false);
  expect(isShown({ id: 'rate', label: 'Rate', off: true }, { rate: true })).toBe(true);
  expect(isShown({ id: 'number', label: 'Number', fixed: true }, { number: false })).toBe(true);
});

import { expect, test } from 'vitest';
import source from '../../../docs/help.md?raw';
import { helpOf, sectionsOf, TOPICS } from './help.ts';

test('every topic has its section, and every section its topic', () => {
  expect([...sectionsOf(source).keys()].sort()).toEqual([...TOPICS].sort());
  for (const topic of TOPICS) expect(helpOf(topic).text).not.toBe('');
});

test('marks of the page are not shown, wildcards are', () => {
  expect(helpOf('search').text).toContain('* stands for anything, ? for one character');
  expect(helpOf('retry').text).toContain('“Retry failed” asks only');
});

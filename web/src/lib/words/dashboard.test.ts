import { expect, test } from 'vitest';
import { clockSentence } from './dashboard.ts';

const NOW = Date.parse('2026-11-21T18:00:00Z');
const node = (name: string, open: boolean, changesAt: string | null) => ({
  node: { id: name, name },
  gate: { open, changesAt, text: '' },
});

test('the clock of the nodes says how many are open and what changes next', () => {
  const clock = [
    node('PACS A', true, '2026-11-21T22:00:00Z'),
    node('PACS B', false, '2026-11-21T20:30:00Z'),
    node('Folder', true, null),
  ];
  expect(clockSentence(clock, NOW, 'UTC')).toBe('2 of 3 open; PACS B opens today 20:30, in 2 h 30 min');
});

test('it says no more where nothing changes', () => {
  expect(clockSentence([node('Folder', true, null)], NOW, 'UTC')).toBe('1 of 1 open');
});

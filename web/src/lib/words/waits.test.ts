import { expect, test } from 'vitest';
import { gateSentence, waitSentence } from './waits.ts';

const NOW = Date.parse('2026-11-21T17:48:00Z');
const at = '2026-11-21T21:00:00Z';

test('a wait for hours says when they begin and how long that is', () => {
  const wait = { kind: 'node-window', text: 'Outside the hours of PACS A.', until: at, since: null } as const;
  expect(waitSentence(wait, NOW, 'Europe/Berlin')).toBe(
    'Outside the hours of PACS A, opens today 22:00, in 3 h 12 min',
  );
});

test('a wait for an answer says when it is asked again', () => {
  const until = '2026-11-21T17:50:00Z';
  const wait = { kind: 'source-down', text: 'PACS A does not answer.', until, since: null } as const;
  expect(waitSentence(wait, NOW, 'UTC')).toBe('PACS A does not answer, asked again in 2 min');
});

test('a wait without an end, or whose end has passed, is told as it is', () => {
  const text = '4 of 4 connections to PACS A busy with job 118.';
  const wait = { kind: 'slot', text, until: null, since: null } as const;
  expect(waitSentence(wait, NOW, 'UTC')).toBe(wait.text);
  expect(waitSentence({ ...wait, kind: 'retry', until: '2026-11-21T17:00:00Z' }, NOW, 'UTC')).toBe(wait.text);
});

test('what a person holds says since when', () => {
  const wait = { kind: 'paused', text: 'Paused by Ada.', until: null, since: '2026-11-21T13:02:00Z' } as const;
  expect(waitSentence(wait, NOW, 'Europe/Berlin')).toBe('Paused by Ada, 14:02');
  expect(waitSentence(wait, NOW + 86_400_000, 'UTC')).toBe('Paused by Ada, 2026-11-21 13:02');
  const suspended = { ...wait, kind: 'node-suspended', text: 'PACS A is suspended: it moves house.' } as const;
  expect(waitSentence(suspended, NOW, 'UTC')).toBe('PACS A is suspended: it moves house, since 13:02');
  const ours = { ...suspended, text: 'PACS A is suspended: it is off. It is asked again.' };
  expect(waitSentence(ours, NOW, 'UTC')).toBe('PACS A is suspended: it is off. It is asked again. Since 13:02');
});

test('a gate says whether it is open and what comes next', () => {
  const text = 'PACS A is suspended: move of the data centre';
  expect(gateSentence({ open: true, changesAt: null, text }, NOW, 'UTC')).toBe('open');
  expect(gateSentence({ open: true, changesAt: at, text }, NOW, 'UTC')).toBe('open, closes today 21:00, in 3 h 12 min');
  expect(gateSentence({ open: false, changesAt: at, text }, NOW, 'UTC')).toBe(
    'closed, opens today 21:00, in 3 h 12 min',
  );
  expect(gateSentence({ open: false, changesAt: null, text }, NOW, 'UTC')).toBe(text);
});

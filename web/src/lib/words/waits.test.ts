import { expect, test } from 'vitest';
import { gateSentence, waitSentence } from './waits.ts';

const NOW = Date.parse('2026-11-21T17:48:00Z');
const at = '2026-11-21T21:00:00Z';

test('a wait for hours says when they begin and how long that is', () => {
  const wait = { kind: 'node-window', text: 'Outside the hours of PACS A.', until: at } as const;
  expect(waitSentence(wait, NOW, 'Europe/Berlin')).toBe(
    'Outside the hours of PACS A, opens today 22:00, in 3 h 12 min',
  );
});

test('a wait for an answer says when it is asked again', () => {
  const wait = { kind: 'source-down', text: 'PACS A does not answer.', until: '2026-11-21T17:50:00Z' } as const;
  expect(waitSentence(wait, NOW, 'UTC')).toBe('PACS A does not answer, asked again in 2 min');
});

test('a wait without an end, or whose end has passed, is told as it is', () => {
  const wait = { kind: 'slot', text: '4 of 4 connections to PACS A busy with job 118.', until: null } as const;
  expect(waitSentence(wait, NOW, 'UTC')).toBe(wait.text);
  expect(waitSentence({ ...wait, kind: 'retry', until: '2026-11-21T17:00:00Z' }, NOW, 'UTC')).toBe(wait.text);
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

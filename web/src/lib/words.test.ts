import { ACTIONS, CAUSES, INSTANCE_STATES, JOB_STATES, PERMISSIONS, ROLES } from '@viaduct/domain';
import { describe, expect, test } from 'vitest';
import {
  basketSentence,
  effectsOf,
  images,
  listOf,
  requestSentence,
  sourceSentence,
  studies,
  endSentence,
  summaryOf,
  words,
} from './words.ts';

test('every state, role and permission of the domain has its words', () => {
  for (const state of JOB_STATES) expect(words.states[state].word).not.toBe('');
  for (const state of INSTANCE_STATES) expect(words.instanceStates[state].word).not.toBe('');
  for (const role of ROLES) expect(words.account.roles[role]).not.toBe('');
  for (const permission of PERMISSIONS) expect(words.account.permissions[permission]).not.toBe('');
  for (const action of ACTIONS) expect(words.actions[action]).not.toBe('');
});

test('no word of a state is the name of a cause', () => {
  const shown = [...Object.values(words.states), ...Object.values(words.instanceStates)].map((look) =>
    look.word.toLowerCase(),
  );
  expect(shown.filter((word) => (CAUSES as readonly string[]).includes(word))).toEqual(['canceled']);
});

test('numbers and nouns agree', () => {
  expect(studies(1)).toBe('1 study');
  expect(studies(12)).toBe('12 studies');
  expect(images(9310)).toBe('9,310 images');
  expect(listOf(['a'])).toBe('a');
  expect(listOf(['a', 'b', 'c'])).toBe('a, b and c');
});

describe('before an action its effect is said in numbers', () => {
  const subject = {
    running: 3,
    waiting: 5,
    stopped: 0,
    failed: 2,
    warnings: 0,
    ended: 9,
    stored: 1204,
    missing: 13,
    urgent: false,
  };

  test('of a cancellation', () => {
    const [first, second, third] = effectsOf('cancel', subject);
    expect(first).toBe('3 running studies stop at their next image.');
    expect(second).toBe('5 studies are not transferred any further.');
    expect(third).toBe('1,204 images already stored stay at the destination.');
  });

  test('of a single running study', () => {
    const one = { ...subject, running: 1, waiting: 0 };
    expect(effectsOf('cancel', one)[0]).toBe('1 running study stops at its next image.');
  });

  test('of a retry', () => {
    expect(effectsOf('retry-failed', subject)).toEqual([
      '2 studies are tried again.',
      'Only what is missing is asked for again: 13 images not yet verified.',
    ]);
  });
});

describe('the summary of a transfer', () => {
  const figures = { studies: 12, patients: 3, series: 43, images: 9310, atLeast: false };
  const choices = {
    destination: 'Research PACS',
    project: 'Thorax',
    pseudonymize: true,
    pseudonym: '',
    urgent: false,
    when: 'starts now',
  };

  test('names what, where, how and when', () => {
    expect(summaryOf(figures, choices)).toBe(
      '12 studies of 3 patients, 43 series, 9,310 images; to Research PACS in Thorax, pseudonymized with generated pseudonyms; starts now.',
    );
  });

  test('says how large it is, by which profile it goes and when it ends, where that is known', () => {
    const at = Date.parse('2026-11-21T23:10:00Z');
    const ends = endSentence({ at, shared: false }, at, 'UTC');
    const more = { pseudonym: 'TRIAL-0007', profile: 'Research default', ends };
    expect(summaryOf({ ...figures, bytes: 4_900_000_000 }, { ...choices, ...more })).toBe(
      '12 studies of 3 patients, 43 series, 9,310 images, about 4.9 GB; to Research PACS in Thorax, pseudonymized as TRIAL-0007 under Research default; starts now, done about today 23:10.',
    );
    expect(endSentence({ at, shared: true }, at, 'UTC')).toContain('at the earliest, since other jobs');
  });

  test('says plainly when patients stay identified', () => {
    expect(summaryOf(figures, { ...choices, pseudonymize: false })).toContain('not pseudonymized');
  });

  test('does not pretend to know counts that a source did not give', () => {
    expect(basketSentence({ ...figures, atLeast: true })).toBe(
      '12 studies of 3 patients, at least 43 series, at least 9,310 images',
    );
  });
});

test('a source says what it has answered', () => {
  const source = { nodeId: 'a', count: 38, ms: 400 };
  const now = Date.parse('2026-11-21T14:04:00Z');
  expect(sourceSentence('PACS A', { ...source, state: 'done' }, now)).toBe('PACS A answered 38 in 400 ms');
  expect(sourceSentence('PACS A', { ...source, state: 'done', retrievedAt: '2026-11-21T14:00:00Z' }, now)).toBe(
    'PACS A answered 38 from what was found 4 min ago',
  );
  expect(sourceSentence('PACS B', { ...source, state: 'searching', count: 0 }, now)).toBe('PACS B still searching …');
  expect(sourceSentence('PACS C', { ...source, state: 'failed', sentence: 'PACS C is off.' }, now)).toBe(
    'PACS C is off.',
  );
});

test('a request tells who asked and what came of it', () => {
  const request = {
    id: 'r',
    taskNo: null,
    taskCount: 0,
    action: 'pause',
    mode: 'drain',
    urgent: null,
    state: 'refused',
    reason: 'the job has ended',
    changed: 0,
    unchanged: 0,
    waitingFor: 0,
    by: 'N. N.',
    requestedAt: '2026-11-21T13:00:00Z',
    settledAt: null,
  } as const;
  expect(requestSentence(request)).toBe('Pause (drain) by N. N.: refused – the job has ended');
});

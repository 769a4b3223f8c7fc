import { expect, test } from 'vitest';
import { CAUSES } from './causes.ts';
import { chunkSize, chunkWindow } from './chunks.ts';
import { explain, sentenceOf } from './explain.ts';
import { explainRefusal, REFUSALS } from './refusals.ts';
import { WAIT_KINDS, waitWords } from './waits.ts';

test.each([
  [
    'connection-refused',
    { host: '10.1.2.3', port: 104 },
    'PACS A does not accept connections on 10.1.2.3:104. Is it running, and is the port right?',
  ],
  [
    'called-ae-rejected',
    { calledAETitle: 'PACSA' },
    'PACS A does not know the name ‘PACSA’. Check the AE title of this node.',
  ],
  [
    'calling-ae-rejected',
    { callingAETitle: 'VIADUCT' },
    'PACS A does not accept us as ‘VIADUCT’. Its administrator has to register this name with our address.',
  ],
  ['refused-out-of-resources', { retryAfterMs: 120_000 }, 'PACS A is overloaded; we ask again in 2 min, more slowly.'],
  [
    'silent-peer',
    { waitedMs: 30_000 },
    'PACS A accepted the connection but has not answered for 30 s. It may be hanging.',
  ],
  [
    'move-arrived-nothing',
    { completed: 512, receiverAETitle: 'VIADUCT_RX' },
    'PACS A says it sent 512 images, none arrived. Does it know ‘VIADUCT_RX’ with our address and port?',
  ],
  [
    'move-not-delivered',
    { failed: 3, receiverAETitle: 'VIADUCT_RX' },
    'PACS A could not send 3 images to ‘VIADUCT_RX’. Our receiver was not called meanwhile: the server does not know it, or does not reach it. Its administrator has to register ‘VIADUCT_RX’ with our address and port, and no firewall may be between.',
  ],
  [
    'attribute-coerced',
    { instances: 12, attribute: 'Patient ID' },
    'PACS A changed the Patient ID of 12 images while storing them.',
  ],
] as const)('%s reads as the words of the page', (cause, facts, expected) => {
  expect(sentenceOf(cause, facts, 'PACS A')).toBe(expected);
});

test.each(CAUSES)('%s is explained without a fact, never by its own name', (cause) => {
  const { happened, why, todo } = explain(cause);
  const text = `${happened} ${why} ${todo}`;
  expect(happened).toMatch(/^[A-Z].*\.$/);
  expect(text).not.toContain('undefined');
  if (cause.includes('-')) expect(text).not.toContain(cause);
});

test.each(['caller-unknown', 'instance', 'address', 'called-ae-title'])(
  'images that our receiver refused (%s) name who sent them',
  (refusal) => {
    const facts = { refusal, refusedAETitle: 'PACS_B', refusedAddress: '10.0.0.5' };
    expect(explain('move-not-delivered', facts).why).toMatch(/^‘PACS_B’ at 10\.0\.0\.5 .*\.$/);
  },
);

test.each(WAIT_KINDS)('waiting for %s has words', (kind) => {
  expect(waitWords({ kind }, { node: 'PACS A' })).toMatch(/^[A-Z].*\.$/);
});

test('waiting for a slot says how busy the server is, and with what', () => {
  const words = waitWords({ kind: 'slot', used: 4, of: 4 }, { node: 'PACS A', jobs: [118, 120] });
  expect(words).toBe('4 of 4 connections to PACS A busy with job 118, 120.');
  const slowed = waitWords({ kind: 'slot', used: 4, of: 1 }, { node: 'PACS A', jobs: [118] });
  expect(slowed).toBe('4 connections to PACS A busy with job 118, 1 allowed for now.');
});

test('waiting for one’s turn says how many go before', () => {
  expect(waitWords({ kind: 'queued' }, { ahead: 1204 })).toBe('Its turn comes after 1,204 others.');
  expect(waitWords({ kind: 'queued' }, { ahead: 10_001 })).toBe('Its turn comes after more than 10,000 others.');
});

test('refusals are sentences, other reasons stay as they are', () => {
  for (const refusal of REFUSALS) expect(explainRefusal(refusal)).toMatch(/^[A-Z].*\.$/);
  expect(explainRefusal('Some reason.')).toBe('Some reason.');
});

test.each([
  [undefined, 95],
  [1, 95],
  [2, 60],
  [3, 44],
  [5, 28],
  [50, 20],
])('with %s parts per task a chunk has %i tasks', (parts, size) => {
  expect(chunkSize(parts)).toBe(size);
});

test.each([
  [0, 2],
  [4, 3],
  [100, 20],
])('with %i associations a chunk runs %i tasks at once', (associations, tasks) => {
  expect(chunkWindow(associations)).toBe(tasks);
});

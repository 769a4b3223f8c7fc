import { expect, test } from 'vitest';
import { cancelTasksSignal, controlSignal, pauseSignal, resumeSignal } from './contract/index.ts';
import { chunk, JOB, scene } from './harness/scene.ts';

const LOW = { suggestContinueAsNew: 60 };

test('a chunk continues as new between parts, loses nothing and stores nothing twice', async () => {
  await using stage = await scene({ tasks: 10, partsPerTask: 4, ...LOW });
  const { harness, house } = stage;
  expect(await harness.closed(JOB)).toBe('completed');
  expect(harness.runsOf(chunk(1))).toBeGreaterThan(3);
  expect(house.count('success')).toBe(10);
  const stored = house.journal.filter((line) => line.endsWith('stored'));
  expect(stored).toHaveLength(40);
  expect(new Set(stored).size).toBe(40);
  // A task that only makes room stays shown as running.
  expect(house.journal.filter((line) => line.endsWith('pending'))).toEqual([]);
});

test('a job continues as new when its chunks have ended, and goes on with the next chunk', async () => {
  await using stage = await scene({ tasks: 40, settings: { chunkSize: 2 }, ...LOW });
  const { harness, house } = stage;
  expect(await harness.closed(JOB)).toBe('completed');
  expect(harness.runsOf(JOB)).toBeGreaterThan(2);
  expect(house.count('success')).toBe(40);
  expect(house.claims).toEqual(Array.from({ length: 20 }, () => 2));
  expect(harness.activitiesOf(JOB).filter((name) => name === 'beginRun')).toHaveLength(1);
});

test('pause, requests and seen request ids live on in the next run', async () => {
  await using stage = await scene({ tasks: 40, settings: { chunkSize: 2, window: 1 }, ...LOW });
  const { harness, house } = stage;
  await harness.until(() => harness.runsOf(JOB) === 2);
  harness.signal(JOB, pauseSignal, { requestId: 'p1', mode: 'interrupt' });
  await harness.until(() => house.requests.has('p1'));
  await harness.pass(60_000);
  const done = house.count('success');
  await harness.pass(600_000);
  expect(house.count('success')).toBe(done);
  harness.signal(JOB, resumeSignal, { requestId: 'r1' });
  await harness.until(() => harness.runsOf(JOB) >= 3);
  harness.signal(JOB, pauseSignal, { requestId: 'p1', mode: 'interrupt' });
  expect(await harness.closed(JOB)).toBe('completed');
  expect(house.count('success')).toBe(40);
});

test('a chunk that is paused while it has to continue as new goes on paused', async () => {
  await using stage = await scene({ tasks: 6, partsPerTask: 6, ...LOW });
  const { harness, house } = stage;
  await harness.until(() => harness.runsOf(chunk(1)) === 1 && house.journal.includes('1.1 stored'));
  harness.signal(JOB, pauseSignal, { requestId: 'p1', mode: 'drain' });
  await harness.pass(600_000);
  expect(house.count('running')).toBe(0);
  harness.signal(JOB, cancelTasksSignal, house.about('c1', [6]));
  await harness.until(() => house.count('canceled') === 1);
  harness.signal(JOB, resumeSignal, { requestId: 'r1' });
  expect(await harness.closed(JOB)).toBe('completed');
  expect(house.count('success')).toBe(5);
});

test.each(Array.from({ length: 30 }, (_, index) => 40 + index))(
  'cancel that comes together with a signal is not lost by continuing as new (suggested at %i events)',
  async (suggestContinueAsNew) => {
    await using stage = await scene({ tasks: 2, partsPerTask: 4, suggestContinueAsNew });
    const { harness, house } = stage;
    await harness.until(() => house.journal.includes('1.1 stored'));
    harness.signal(chunk(1), controlSignal, { paused: 'drain', priorityKey: 3, gates: house.gates });
    await harness.pass(60_000);
    harness.signal(chunk(1), controlSignal, { paused: 'drain', priorityKey: 3, gates: house.gates });
    harness.cancel(chunk(1));
    expect(await harness.closed(JOB)).toBe('completed');
    expect(harness.closing(chunk(1))).toBe('canceled');
  },
);

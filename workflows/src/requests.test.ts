import { ApplicationFailure } from '@temporalio/common';
import { describe, expect, test } from 'vitest';
import { cancelTasksSignal, pauseSignal, resumeSignal, retrySignal, setPrioritySignal } from './contract/index.ts';
import { expectStoredOnce } from './harness/expectations.ts';
import { chunk, JOB, scene } from './harness/scene.ts';

const INTERRUPT = { requestId: 'p1', mode: 'interrupt' } as const;
const DRAIN = { requestId: 'p1', mode: 'drain' } as const;

describe('pause of a job', () => {
  test('interrupt cancels what runs, and resume finishes without storing anything twice', async () => {
    await using stage = await scene({ tasks: 20, partsPerTask: 3, settings: { chunkSize: 5, window: 2 } });
    const { harness, house } = stage;
    await harness.until(() => house.journal.filter((line) => line.endsWith('stored')).length >= 10);
    harness.signal(JOB, pauseSignal, INTERRUPT);
    await harness.pass(5_000);
    expect(house.count('running')).toBe(0);
    const stored = house.journal.length;
    await harness.pass(3_600_000);
    expect(house.journal).toHaveLength(stored);
    harness.signal(JOB, resumeSignal, { requestId: 'r1' });
    expect(await harness.closed(JOB)).toBe('completed');
    expect(house.count('success')).toBe(20);
    expectStoredOnce(house.journal, 60);
    expect(Object.fromEntries(house.requests)).toEqual({ p1: 'applied', r1: 'applied' });
  });

  test('asks the source only once what a task consists of', async () => {
    await using stage = await scene({ partsPerTask: 3 });
    const { harness, house } = stage;
    await harness.until(() => house.journal.includes('1.1 stored'));
    harness.signal(JOB, pauseSignal, INTERRUPT);
    await harness.until(() => house.task(1).state === 'pending');
    harness.signal(JOB, resumeSignal, { requestId: 'r1' });
    await harness.closed(JOB);
    const asked = harness.activitiesOf(chunk(1));
    expect(asked.filter((name) => name === 'findInstances')).toHaveLength(1);
    expect(asked.filter((name) => name === 'planParts')).toHaveLength(1);
  });

  test('drain finishes running parts and cancels nothing', async () => {
    await using stage = await scene({ partsPerTask: 6 });
    const { harness, house } = stage;
    await harness.until(() => house.journal.includes('1.1 stored'));
    harness.signal(JOB, pauseSignal, DRAIN);
    await harness.until(() => house.task(1).state === 'pending');
    expect(harness.log.filter(({ command }) => command === 'requestCancelActivity')).toEqual([]);
    const stored = house.task(1).parts.filter((part) => part.stored).length;
    expect(stored).toBeGreaterThanOrEqual(2);
    expect(stored).toBeLessThan(6);
    harness.signal(JOB, resumeSignal, { requestId: 'r1' });
    await harness.closed(JOB);
    expectStoredOnce(house.journal, 6);
  });

  test('drain withdraws a part that waits for its turn', async () => {
    let turn = false;
    await using stage = await scene({ tasks: 2 }, ({ mocks }) => {
      const admit = mocks.admitPart;
      mocks.admitPart = async (part, world) => {
        while (part.taskNo === 2 && !turn) await world.sleep(1_000);
        return admit(part, world);
      };
    });
    const { harness, house } = stage;
    await harness.until(() => harness.activitiesOf(chunk(1)).includes('storePart'));
    harness.signal(JOB, pauseSignal, DRAIN);
    await harness.until(() => house.task(1).state === 'success' && house.task(2).state === 'pending');
    turn = true;
    await harness.pass(60_000);
    expect(house.journal).not.toContain('2.1 stored');
    harness.signal(JOB, resumeSignal, { requestId: 'r1' });
    expect(await harness.closed(JOB)).toBe('completed');
    expectStoredOnce(house.journal, 2);
  });

  test('drain of what finishes anyway lets the job end', async () => {
    await using stage = await scene({ tasks: 2 });
    const { harness, house } = stage;
    await harness.until(() => house.count('running') === 2);
    await harness.until(() => harness.activitiesOf(chunk(1)).filter((name) => name === 'storePart').length === 2);
    harness.signal(JOB, pauseSignal, DRAIN);
    expect(await harness.closed(JOB)).toBe('completed');
    expect(house.count('success')).toBe(2);
  });

  test('before the first task keeps everything from starting', async () => {
    await using stage = await scene({ tasks: 3 });
    const { harness, house } = stage;
    harness.signal(JOB, pauseSignal, INTERRUPT);
    await harness.pass(60_000);
    expect(house.count('pending')).toBe(3);
    expect(harness.log.some(({ workflowId }) => workflowId === chunk(1))).toBe(false);
    harness.signal(JOB, resumeSignal, { requestId: 'r1' });
    expect(await harness.closed(JOB)).toBe('completed');
    expect(house.count('success')).toBe(3);
  });

  test('followed by resume at once only interrupts for a moment', async () => {
    await using stage = await scene({ tasks: 4, partsPerTask: 2 });
    const { harness, house } = stage;
    await harness.until(() => house.journal.includes('1.1 stored'));
    harness.signal(JOB, pauseSignal, INTERRUPT);
    harness.signal(JOB, resumeSignal, { requestId: 'r1' });
    expect(await harness.closed(JOB)).toBe('completed');
    expect(house.count('success')).toBe(4);
    expectStoredOnce(house.journal, 8);
  });
});

describe('other requests', () => {
  test('retry of failed tasks while the job runs requeues them into a further chunk', async () => {
    let healed = false;
    await using stage = await scene({ tasks: 3, settings: { window: 1 } }, (house) => {
      const verify = house.mocks.verifyTask;
      house.mocks.verifyTask = (input, world) => {
        if (input.taskNo === 1 && !healed) house.task(1).parts.forEach((part) => (part.stored = false));
        return verify(input, world);
      };
    });
    const { harness, house } = stage;
    await harness.until(() => house.count('failure') === 1);
    healed = true;
    harness.signal(JOB, retrySignal, { requestId: 't1', requeue: 'failed' });
    expect(await harness.closed(JOB)).toBe('completed');
    expect(house.count('success')).toBe(3);
    expect(house.claims).toEqual([3, 1]);
  });

  test('a request delivered twice is applied once', async () => {
    await using stage = await scene({ tasks: 2 });
    const { harness, house } = stage;
    await harness.until(() => house.count('running') === 2);
    harness.signal(JOB, pauseSignal, INTERRUPT);
    await harness.until(() => house.count('pending') === 2);
    harness.signal(JOB, resumeSignal, { requestId: 'r1' });
    harness.signal(JOB, pauseSignal, INTERRUPT);
    expect(await harness.closed(JOB)).toBe('completed');
    expect(house.journal.filter((line) => line === 'pause')).toHaveLength(1);
  });

  test('a request that the database refuses for good is answered and harms nothing', async () => {
    await using stage = await scene({}, ({ mocks }) => {
      mocks.applyJobRequest = () => Promise.reject(ApplicationFailure.nonRetryable('refused', 'internal'));
    });
    const { harness, house } = stage;
    harness.signal(JOB, retrySignal, { requestId: 't1', requeue: 'failed' });
    expect(await harness.closed(JOB)).toBe('completed');
    expect(house.requests.get('t1')).toBe('The request could not be applied.');
  });

  test('a new priority holds for what is scheduled from then on', async () => {
    await using stage = await scene({ tasks: 2, settings: { window: 1 } });
    const { harness, house } = stage;
    await harness.until(() => harness.activitiesOf(chunk(1)).includes('storePart'));
    harness.signal(JOB, setPrioritySignal, { requestId: 'u1', priorityKey: 1 });
    await harness.closed(JOB);
    const finds = harness.log.filter(({ activity }) => activity === 'findInstances');
    expect(finds.map(({ priorityKey }) => priorityKey)).toEqual([3, 1]);
    expect(house.count('success')).toBe(2);
  });
});

test('a study is canceled that was claimed just before, though its chunk begins only after the request', async () => {
  await using stage = await scene({ tasks: 2 }, ({ mocks }) => {
    const claim = mocks.claimChunk;
    mocks.claimChunk = async (input, world) => {
      const claimed = await claim(input, world);
      await world.sleep(5_000);
      return claimed;
    };
  });
  const { harness, house } = stage;
  await harness.until(() => house.claims.length > 0);
  harness.signal(JOB, cancelTasksSignal, house.about('c1', [2]));
  expect(await harness.closed(JOB)).toBe('completed');
  expect([house.task(1).state, house.task(2).state]).toEqual(['success', 'canceled']);
});

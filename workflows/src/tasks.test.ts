import { describe, expect, test } from 'vitest';
import { cancelTasksSignal, pauseSignal, resumeSignal, retrySignal, reviewedSignal } from './contract/index.ts';
import { expectStoredOnce } from './harness/expectations.ts';
import type { House } from './harness/house.ts';
import { chunk, JOB, scene } from './harness/scene.ts';

describe('requests about one task', () => {
  test('pause interrupts it alone; the job stays open until it is resumed', async () => {
    await using stage = await scene({ tasks: 3, partsPerTask: 2 });
    const { harness, house } = stage;
    await harness.until(() => house.journal.includes('2.1 stored'));
    harness.signal(JOB, pauseSignal, { ...house.about('p1', [2]), mode: 'interrupt' });
    await harness.until(() => house.count('success') === 2);
    await harness.pass(3_600_000);
    expect(house.task(2)).toMatchObject({ state: 'paused', chunkNo: null });
    expect(harness.closing(JOB)).toBeNull();
    harness.signal(JOB, resumeSignal, house.about('r1', [2]));
    expect(await harness.closed(JOB)).toBe('completed');
    expect(house.count('success')).toBe(3);
    expectStoredOnce(house.journal, 6);
  });

  test('pause and resume of a task that has not started drop it and bring it back', async () => {
    await using stage = await scene({ tasks: 6, settings: { window: 1 } });
    const { harness, house } = stage;
    await harness.until(() => house.count('running') === 1);
    harness.signal(JOB, pauseSignal, { ...house.about('p1', [6]), mode: 'interrupt' });
    await harness.until(() => house.task(6).state === 'paused');
    expect(house.count('success')).toBe(0);
    harness.signal(JOB, resumeSignal, house.about('r1', [6]));
    expect(await harness.closed(JOB)).toBe('completed');
    expect(house.count('success')).toBe(6);
  });

  test('resume takes a pause back that is still being carried out', async () => {
    await using stage = await scene({ tasks: 1, partsPerTask: 3 });
    const { harness, house } = stage;
    await harness.until(() => house.journal.includes('1.1 stored'));
    harness.signal(JOB, pauseSignal, { ...house.about('p1', [1]), mode: 'interrupt' });
    await harness.until(() => house.requests.has('p1'));
    harness.signal(JOB, resumeSignal, house.about('r1', [1]));
    expect(await harness.closed(JOB)).toBe('completed');
    expect(house.journal).not.toContain('1 paused');
    expectStoredOnce(house.journal, 3);
  });

  test('cancel ends it as canceled, running or not, and the others go on', async () => {
    await using stage = await scene({ tasks: 4, settings: { window: 2 } });
    const { harness, house } = stage;
    await harness.until(() => house.count('running') === 2);
    harness.signal(JOB, cancelTasksSignal, house.about('c1', [1]));
    harness.signal(JOB, cancelTasksSignal, house.about('c4', [4]));
    expect(await harness.closed(JOB)).toBe('completed');
    expect([1, 2, 3, 4].map((taskNo) => house.task(taskNo).state)).toEqual([
      ...['canceled', 'success', 'success', 'canceled'],
    ]);
    expect(house.journal).not.toContain('4.1 stored');
  });

  test('cancel overtakes a pause that is still being carried out', async () => {
    await using stage = await scene();
    const { harness, house } = stage;
    await harness.until(() => harness.activitiesOf(chunk(1)).includes('storePart'));
    harness.signal(JOB, pauseSignal, { ...house.about('p1', [1]), mode: 'interrupt' });
    harness.signal(JOB, cancelTasksSignal, house.about('c1', [1]));
    expect(await harness.closed(JOB)).toBe('completed');
    expect(house.task(1).state).toBe('canceled');
  });
});

describe('requests about several tasks', () => {
  const threeChunks = (house: (house: House) => unknown = () => undefined) =>
    scene({ tasks: 9, partsPerTask: 3, settings: { chunkSize: 3 } }, house);

  test('reach every chunk that has some of them', async () => {
    await using stage = await threeChunks();
    const { harness, house } = stage;
    await harness.until(() => house.count('running') === 9);
    harness.signal(JOB, pauseSignal, { ...house.about('p1', [1, 4, 7]), mode: 'interrupt' });
    harness.signal(JOB, cancelTasksSignal, house.about('c1', [2, 3, 8]));
    await harness.until(() => house.count('success') === 3);
    await harness.pass(60_000);
    expect([1, 4, 7].map((taskNo) => house.task(taskNo).state)).toEqual(Array(3).fill('paused'));
    expect([2, 3, 8].map((taskNo) => house.task(taskNo).state)).toEqual(Array(3).fill('canceled'));
    harness.signal(JOB, resumeSignal, house.about('r1', [1, 4, 7, 8]));
    expect(await harness.closed(JOB)).toBe('completed');
    expect(house.count('success')).toBe(6);
    expect(house.count('canceled')).toBe(3);
    expectStoredOnce(house.journal, 18);
  });

  test('tell a chunk once, however many of its tasks are named', async () => {
    await using stage = await threeChunks();
    const { harness, house } = stage;
    await harness.until(() => house.count('running') === 9);
    harness.signal(JOB, cancelTasksSignal, house.about('c1', [1, 2, 3, 4, 5, 6, 7, 8, 9]));
    expect(await harness.closed(JOB)).toBe('completed');
    expect(house.count('canceled')).toBe(9);
    const sent = harness.log.filter(({ command }) => command === 'signalExternalWorkflowExecution');
    expect(sent).toHaveLength(3);
  });

  test('resume takes back what only some chunks still carry out', async () => {
    await using stage = await threeChunks();
    const { harness, house } = stage;
    await harness.until(() => house.count('running') === 9);
    harness.signal(JOB, pauseSignal, { ...house.about('p1', [1, 9]), mode: 'interrupt' });
    harness.signal(JOB, resumeSignal, house.about('r1', [1, 9]));
    expect(await harness.closed(JOB)).toBe('completed');
    expect(house.count('success')).toBe(9);
    expect(house.journal.filter((line) => line.endsWith('paused'))).toEqual([]);
  });
});

describe('tasks that begin again', () => {
  /** The first task ends with a warning or a failure the first time; the last one works until it is allowed to end. */
  const held = (first: 'warning' | 'failure') => (house: House) => {
    const verify = house.mocks.verifyTask;
    house.mocks.verifyTask = async (input, world) => {
      while (input.taskNo === 3 && !house.requests.has('end')) await world.sleep(1_000);
      const end = await verify(input, world);
      if (input.taskNo === 1 && house.requests.size === 0) house.task(1).state = first;
      return end;
    };
  };
  const stored = (journal: readonly string[], taskNo: number) =>
    journal.filter((line) => line === `${taskNo}.1 stored`).length;

  test.each([
    ['failed', 'failure', 2],
    ['warnings', 'warning', 2],
    ['failed', 'warning', 1],
    ['warnings', 'failure', 1],
  ] as const)('retry of %s after a %s', async (requeue, first, claims) => {
    await using stage = await scene({ tasks: 3 }, held(first));
    const { harness, house } = stage;
    await harness.until(() => house.task(1).state === first && house.task(2).state === 'success');
    harness.signal(JOB, retrySignal, { requestId: 't1', requeue });
    await harness.pass(60_000);
    house.requests.set('end', 'now');
    expect(await harness.closed(JOB)).toBe('completed');
    expect(house.claims).toHaveLength(claims);
    expect(house.task(1).state).toBe(claims === 2 ? 'success' : first);
    expect(stored(house.journal, 2)).toBe(1);
  });

  test('restart of one that has succeeded brings everything of it again', async () => {
    await using stage = await scene({ tasks: 3 }, held('failure'));
    const { harness, house } = stage;
    await harness.until(() => house.task(1).state === 'failure' && house.task(2).state === 'success');
    harness.signal(JOB, retrySignal, { ...house.about('t1', [2, 3]), requeue: 'all' });
    await harness.pass(60_000);
    house.requests.set('end', 'now');
    expect(await harness.closed(JOB)).toBe('completed');
    expect([1, 2, 3].map((taskNo) => stored(house.journal, taskNo))).toEqual([1, 2, 1]);
    expect(house.task(1).state).toBe('failure');
    expect(house.task(2).state).toBe('success');
  });
});

describe('a task whose images wait for a review', () => {
  /** The first task holds images when it is verified the first time, and waits then. */
  const holding = (house: House) => {
    const verify = house.mocks.verifyTask;
    house.mocks.verifyTask = async (input, world) => {
      const task = house.task(input.taskNo);
      if (input.taskNo !== 1 || house.requests.has('decided')) return verify(input, world);
      Object.assign(task, { state: 'pending', chunkNo: null, inReview: true });
      return { done: true, missing: 0 };
    };
  };

  test('keeps its job open without being given out, and goes on once the job is told that it was reviewed', async () => {
    await using stage = await scene({ tasks: 2 }, holding);
    const { harness, house } = stage;
    await harness.until(() => house.task(1).inReview && house.task(2).state === 'success');
    harness.signal(JOB, reviewedSignal);
    await harness.pass(3_600_000);
    expect(harness.closing(JOB)).toBeNull();
    expect(house.claims).toEqual([2]);
    house.requests.set('decided', 'now');
    house.task(1).inReview = false;
    harness.signal(JOB, reviewedSignal);
    expect(await harness.closed(JOB)).toBe('completed');
    expect(house.claims).toEqual([2, 1]);
    expect(house.task(1).state).toBe('success');
    expectStoredOnce(house.journal, 2);
  });
});

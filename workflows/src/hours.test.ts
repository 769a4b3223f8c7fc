import { ALWAYS } from '@viaduct/domain';
import { describe, expect, test } from 'vitest';
import { pauseSignal, resumeSignal, setPrioritySignal, setScheduleSignal } from './contract/index.ts';
import { DAY, HOUR, MINUTE, hoursOf, iso, january, nightly, repeated } from './harness/calendar.ts';
import { chunk, JOB, scene } from './harness/scene.ts';

/** Studies of one part that take 80 minutes to retrieve beside 160 minutes to store. */
const LONG = { instances: 16, partMs: 160 * MINUTE } as const;
const EVENING = nightly('20:00', '22:00');
const asleep = (day: number) => ({ kind: 'job-window', until: iso(january(day, '20:00')) });

describe('a job whose hours end in the middle of a study', () => {
  test('parks it, sleeps, and goes on where it was, evening after evening', async () => {
    await using stage = await scene({
      ...LONG,
      partMs: 4 * HOUR,
      now: january(5, '21:00'),
      tasks: 3,
      gates: { schedule: EVENING },
    });
    const { harness, house } = stage;
    await harness.until(() => house.waits.length === 1);
    expect(harness.clock.now - january(5, '22:00')).toBeLessThan(10_000);
    expect(house.count('pending')).toBe(3);
    expect(harness.closing(chunk(1))).toBe('completed');
    expect(await harness.closed(JOB)).toBe('completed');
    expect(house.count('success')).toBe(3);
    expect(hoursOf(house.retrieved)).toEqual([20, 21]);
    expect(repeated(house.retrieved)).toEqual([]);
    expect(house.retrieved).toHaveLength(48);
    expect(house.waits).toEqual([asleep(6), null, asleep(7), null]);
  });

  test('does nothing at all while it sleeps', async () => {
    await using stage = await scene({ ...LONG, now: january(5, '21:00'), gates: { schedule: EVENING } });
    const { harness, house } = stage;
    await harness.until(() => house.waits.length === 1);
    const commands = harness.log.length;
    await harness.pass(21 * HOUR);
    expect(harness.log).toHaveLength(commands);
  });

  test('is not taken for a failure when a step ends before the workflow knows of the time', async () => {
    await using stage = await scene(
      { ...LONG, now: january(5, '21:00'), gates: { schedule: EVENING } },
      ({ mocks }) => {
        const retrieve = mocks.retrievePart;
        // The clock of this host is two minutes fast.
        mocks.retrievePart = (part, world) => retrieve(part, { ...world, now: () => world.now() + 120_000 });
      },
    );
    const { harness, house } = stage;
    expect(await harness.closed(JOB)).toBe('completed');
    expect(house.count('success')).toBe(1);
    expect(repeated(house.retrieved)).toEqual([]);
    expect(harness.log.filter(({ activity }) => activity === 'retrievePart').length).toBeLessThan(5);
  });

  test('asks the source only once what a task consists of', async () => {
    await using stage = await scene(
      { ...LONG, now: january(5, '21:00'), gates: { schedule: EVENING } },
      ({ mocks }) => {
        const claim = mocks.claimChunk;
        let claims = 0;
        mocks.claimChunk = async (input, world) => {
          const found = ++claims > 1;
          const { tasks, open } = await claim(input, world);
          return { tasks: tasks.map((head) => ({ ...head, found })), open };
        };
      },
    );
    await stage.harness.closed(JOB);
    expect(stage.harness.log.filter(({ activity }) => activity === 'findInstances')).toHaveLength(1);
  });
});

describe('a job that lets its studies finish', () => {
  const finishing = (maxOverrunMs: number) => nightly('20:00', '22:00', { atClose: 'finish', maxOverrunMs });

  test('ends them after its hours and begins no further one', async () => {
    await using stage = await scene({
      ...{ ...LONG, now: january(5, '20:00'), tasks: 2, settings: { window: 1 } },
      gates: { schedule: finishing(HOUR) },
    });
    const { harness, house } = stage;
    await harness.until(() => house.task(1).state === 'success');
    expect(harness.clock.now).toBeGreaterThan(january(5, '22:30'));
    expect(harness.clock.now).toBeLessThan(january(5, '23:00'));
    await harness.until(() => house.waits.length === 1);
    expect(house.waits).toEqual([asleep(6)]);
    await harness.until(() => house.task(2).state === 'running');
    expect(harness.clock.now).toBeGreaterThanOrEqual(january(6, '20:00'));
    expect(await harness.closed(JOB)).toBe('completed');
    expect(house.journal.filter((line) => line === '2 pending')).toEqual([]);
  });

  test('parks what takes longer than the overrun', async () => {
    await using stage = await scene({ ...LONG, now: january(5, '21:00'), gates: { schedule: finishing(HOUR / 2) } });
    const { harness, house } = stage;
    await harness.until(() => house.journal.includes('1 pending'));
    expect(harness.clock.now - january(5, '22:30')).toBeLessThan(10_000);
    expect(harness.clock.now).toBeGreaterThanOrEqual(january(5, '22:30'));
    expect(await harness.closed(JOB)).toBe('completed');
    expect(repeated(house.retrieved)).toEqual([]);
  });

  test('grants no more than the overrun when its hours are ended by a change', async () => {
    await using stage = await scene({ ...LONG, now: january(5, '12:00') });
    const { harness, house } = stage;
    await harness.pass(HOUR);
    harness.signal(JOB, setScheduleSignal, house.scheduled('s1', finishing(HOUR / 2)));
    await harness.pass(HOUR / 2 - 60_000);
    expect(house.count('running')).toBe(1);
    harness.signal(JOB, setScheduleSignal, house.scheduled('s2', finishing(HOUR / 2)));
    await harness.pass(120_000);
    expect(house.count('running')).toBe(0);
    expect(house.waits).toEqual([asleep(5)]);
  });
});

describe('a change of the schedule', () => {
  test('while the job sleeps wakes it at once', async () => {
    await using stage = await scene({ now: january(5, '12:00'), tasks: 2, gates: { schedule: EVENING } });
    const { harness, house } = stage;
    await harness.until(() => house.waits.length === 1);
    harness.signal(JOB, setScheduleSignal, house.scheduled('s1', {}));
    expect(await harness.closed(JOB)).toBe('completed');
    expect(harness.clock.now).toBeLessThan(january(5, '12:01'));
    expect(house.waits).toEqual([asleep(5), null]);
    expect(house.requests.get('s1')).toBe('applied');
  });

  test('while the job sleeps lets it sleep until the new hours begin', async () => {
    await using stage = await scene({ now: january(5, '12:00'), gates: { schedule: EVENING } });
    const { harness, house } = stage;
    await harness.until(() => house.waits.length === 1);
    harness.signal(JOB, setScheduleSignal, house.scheduled('s1', nightly('02:00', '04:00')));
    await harness.until(() => house.waits.length === 2);
    expect(house.waits[1]).toEqual({ kind: 'job-window', until: iso(january(6, '02:00')) });
    expect(await harness.closed(JOB)).toBe('completed');
    expect(hoursOf(house.retrieved)).toEqual([2]);
  });

  test('while the job runs parks what runs when it is closed now', async () => {
    await using stage = await scene({ ...LONG, now: january(5, '12:00'), tasks: 2 });
    const { harness, house } = stage;
    await harness.pass(50 * MINUTE);
    harness.signal(JOB, setScheduleSignal, house.scheduled('s1', EVENING));
    await harness.pass(60_000);
    expect(house.count('pending')).toBe(2);
    expect(house.waits).toEqual([asleep(5)]);
    expect(await harness.closed(JOB)).toBe('completed');
    expect(hoursOf(house.retrieved)).toEqual([12, 20]);
    expect(repeated(house.retrieved)).toEqual([]);
  });

  test.each([
    ['shortens', '21:30', [21]],
    ['lengthens', '23:59', [21, 22]],
  ])('while the job runs %s the hours of what runs', async (_name, to, hours) => {
    await using stage = await scene({ ...LONG, now: january(5, '21:02'), gates: { schedule: EVENING } });
    const { harness, house } = stage;
    await harness.pass(60_000);
    harness.signal(JOB, setScheduleSignal, house.scheduled('s1', nightly('20:00', to)));
    await harness.pass(3 * HOUR);
    expect(hoursOf(house.retrieved)).toEqual(hours);
    expect(house.retrieved.every(({ at }) => at <= january(5, to))).toBe(true);
    expect(await harness.closed(JOB)).toBe('completed');
    expect(house.count('success')).toBe(1);
    expect(repeated(house.retrieved)).toEqual([]);
  });

  test('while the job runs takes the end away from what runs', async () => {
    await using stage = await scene({ ...LONG, now: january(5, '21:00'), gates: { schedule: EVENING } });
    const { harness, house } = stage;
    await harness.pass(60_000);
    harness.signal(JOB, setScheduleSignal, house.scheduled('s1', ALWAYS));
    expect(await harness.closed(JOB)).toBe('completed');
    expect(harness.clock.now).toBeLessThan(january(6, '00:00'));
    expect(house.waits).toEqual([]);
  });

  test('while the job is paused holds when it is resumed', async () => {
    await using stage = await scene({ ...LONG, now: january(5, '12:00') });
    const { harness, house } = stage;
    await harness.pass(50 * MINUTE);
    harness.signal(JOB, pauseSignal, { requestId: 'p1', mode: 'interrupt' });
    await harness.pass(60_000);
    harness.signal(JOB, setScheduleSignal, house.scheduled('s1', EVENING));
    await harness.pass(60_000);
    harness.signal(JOB, resumeSignal, { requestId: 'r1' });
    await harness.pass(60_000);
    expect(house.count('running')).toBe(0);
    expect(house.waits).toEqual([asleep(5)]);
    expect(await harness.closed(JOB)).toBe('completed');
    expect(hoursOf(house.retrieved)).toEqual([12, 20]);
  });
});

describe('a sleeping job', () => {
  const sleeping = () => scene({ now: january(5, '12:00'), tasks: 2, gates: { schedule: EVENING } });

  test('is cancelled at once', async () => {
    await using stage = await sleeping();
    const { harness, house } = stage;
    await harness.until(() => house.waits.length === 1);
    harness.cancel(JOB);
    expect(await harness.closed(JOB)).toBe('canceled');
    expect(harness.clock.now).toBeLessThan(january(5, '12:01'));
    expect(house.count('canceled')).toBe(2);
  });

  test('that is paused stays so when its hours begin, and goes on when it is resumed in them', async () => {
    await using stage = await sleeping();
    const { harness, house } = stage;
    await harness.until(() => house.waits.length === 1);
    harness.signal(JOB, pauseSignal, { requestId: 'p1', mode: 'interrupt' });
    await harness.pass(9 * HOUR);
    expect(house.claims).toEqual([]);
    expect(house.waits).toEqual([asleep(5), null]);
    harness.signal(JOB, resumeSignal, { requestId: 'r1' });
    expect(await harness.closed(JOB)).toBe('completed');
    expect(hoursOf(house.retrieved)).toEqual([21]);
  });

  test('that is paused and resumed before its hours sleeps on', async () => {
    await using stage = await sleeping();
    const { harness, house } = stage;
    harness.signal(JOB, pauseSignal, { requestId: 'p1', mode: 'drain' });
    await harness.pass(HOUR);
    harness.signal(JOB, resumeSignal, { requestId: 'r1' });
    expect(await harness.closed(JOB)).toBe('completed');
    expect(hoursOf(house.retrieved)).toEqual([20]);
  });

  test('goes on at once when it becomes urgent', async () => {
    await using stage = await sleeping();
    const { harness, house } = stage;
    await harness.until(() => house.waits.length === 1);
    harness.signal(JOB, setPrioritySignal, { requestId: 'u1', priorityKey: 1 });
    expect(await harness.closed(JOB)).toBe('completed');
    expect(harness.clock.now).toBeLessThan(january(5, '12:01'));
    expect(house.requests.get('u1')).toBe('applied');
  });

  test('whose tasks have all been canceled one by one ends without waiting for its hours', async () => {
    await using stage = await sleeping();
    const { harness, house } = stage;
    await harness.until(() => house.waits.length === 1);
    harness.signal(JOB, { name: 'cancelTasks' }, house.about('c1', [1, 2]));
    expect(await harness.closed(JOB)).toBe('completed');
    expect(harness.clock.now).toBeLessThan(january(5, '12:01'));
  });
});

test('a paused job whose hours end gives its tasks back, and goes on in the next ones', async () => {
  await using stage = await scene({ ...LONG, now: january(5, '21:00'), gates: { schedule: EVENING } });
  const { harness, house } = stage;
  await harness.pass(HOUR / 2);
  harness.signal(JOB, pauseSignal, { requestId: 'p1', mode: 'interrupt' });
  await harness.pass(HOUR);
  expect(house.task(1)).toMatchObject({ state: 'pending', chunkNo: null });
  harness.signal(JOB, resumeSignal, { requestId: 'r1' });
  expect(await harness.closed(JOB)).toBe('completed');
  expect(repeated(house.retrieved)).toEqual([]);
});

test('a job that begins later sleeps with timers of a day and continues as new meanwhile', async () => {
  const notBefore = iso(january(1, '00:00') + 100 * DAY);
  await using stage = await scene({ suggestContinueAsNew: 60, gates: { schedule: { ...ALWAYS, notBefore } } });
  const { harness, house } = stage;
  await harness.pass(50 * DAY);
  harness.signal(JOB, pauseSignal, { requestId: 'p1', mode: 'interrupt' });
  await harness.pass(DAY);
  harness.signal(JOB, resumeSignal, { requestId: 'r1' });
  await harness.pass(40 * DAY);
  expect(harness.runsOf(JOB)).toBeGreaterThan(3);
  harness.signal(JOB, pauseSignal, { requestId: 'p1', mode: 'interrupt' });
  expect(await harness.closed(JOB)).toBe('completed');
  expect(house.waits).toEqual([{ kind: 'not-before', until: notBefore }, null]);
  expect(harness.activitiesOf(JOB).filter((name) => name === 'beginRun')).toHaveLength(1);
  const timers = harness.log.filter(({ workflowId, command }) => workflowId === JOB && command === 'startTimer');
  expect(timers.length).toBeGreaterThanOrEqual(100);
});

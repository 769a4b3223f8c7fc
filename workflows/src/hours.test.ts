import { ALWAYS } from '@viaduct/domain';
import { describe, expect, test } from 'vitest';
import { pauseSignal, resumeSignal, setScheduleSignal } from './contract/index.ts';
import { HOUR, MINUTE, hoursOf, iso, january, nightly, repeated } from './harness/calendar.ts';
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

  test('is stopped in a step that does not look at the time', async () => {
    await using stage = await scene(
      { ...LONG, now: january(5, '21:00'), gates: { schedule: EVENING } },
      ({ mocks }) => {
        const { retrievePart, storePart } = mocks;
        mocks.retrievePart = (part, world) => retrievePart({ ...part, deadlineAt: null }, world);
        mocks.storePart = (part, world) => storePart({ ...part, deadlineAt: null }, world);
      },
    );
    const { harness, house } = stage;
    await harness.until(() => house.waits.length === 1);
    expect(harness.clock.now - january(5, '22:00')).toBeLessThan(10_000);
    expect(await harness.closed(JOB)).toBe('completed');
    expect(repeated(house.retrieved)).toEqual([]);
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
          const { tasks, ...rest } = await claim(input, world);
          return { ...rest, tasks: tasks.map((head) => ({ ...head, found })) };
        };
      },
    );
    await stage.harness.closed(JOB);
    expect(stage.harness.log.filter(({ activity }) => activity === 'findInstances')).toHaveLength(1);
  });
});

test('what an attempt to begin claimed before it was lost is given back, and done when the hours begin', async () => {
  await using stage = await scene({ tasks: 2, now: january(5, '12:00'), gates: { schedule: EVENING } }, ({ mocks }) => {
    const begin = mocks.beginRun;
    mocks.beginRun = async (run, world) => {
      const begun = await begin(run, world);
      await mocks.claimChunk({ ...run, chunkNo: 1, size: 9, closedNodes: [], mayEnd: false }, world);
      return begun;
    };
  });
  const { harness, house } = stage;
  expect(await harness.closed(JOB)).toBe('completed');
  expect(house.journal).toContain('chunk 1 pending');
  expect(house.count('success')).toBe(2);
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

  test('does not continue as new before they have ended', async () => {
    await using stage = await scene({
      ...{ ...LONG, partMs: 40 * MINUTE, partsPerTask: 6, now: january(5, '21:00'), suggestContinueAsNew: 60 },
      gates: { schedule: finishing(3 * HOUR) },
    });
    const { harness, house } = stage;
    expect(await harness.closed(JOB)).toBe('completed');
    expect(harness.clock.now).toBeLessThan(january(6, '00:00'));
    expect(house.waits).toEqual([]);
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

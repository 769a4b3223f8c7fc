import { ALWAYS } from '@viaduct/domain';
import { describe, expect, test } from 'vitest';
import { cancelTasksSignal, pauseSignal, resumeSignal, setPrioritySignal } from './contract/index.ts';
import { DAY, HOUR, hoursOf, iso, january, MINUTE, nightly, repeated } from './harness/calendar.ts';
import { JOB, scene } from './harness/scene.ts';

const EVENING = nightly('20:00', '22:00');
const asleep = (day: number) => ({ kind: 'job-window', until: iso(january(day, '20:00')) });

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
    harness.signal(JOB, cancelTasksSignal, house.about('c1', [1, 2]));
    expect(await harness.closed(JOB)).toBe('completed');
    expect(harness.clock.now).toBeLessThan(january(5, '12:01'));
  });
});

test('a paused job whose hours end gives its tasks back, and goes on in the next ones', async () => {
  await using stage = await scene({
    instances: 16,
    partMs: 160 * MINUTE,
    now: january(5, '21:00'),
    gates: { schedule: EVENING },
  });
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

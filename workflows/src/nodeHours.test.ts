import type { NodeGate } from '@viaduct/domain';
import { describe, expect, test } from 'vitest';
import { gatesChangedSignal, pauseSignal, resumeSignal, retrySignal } from './contract/index.ts';
import { daily, HOUR, hoursOf, iso, january, MINUTE, nightly, repeated } from './harness/calendar.ts';
import { DESTINATION_ID, SOURCE_ID } from './harness/house.ts';
import { chunk, JOB, scene } from './harness/scene.ts';

const OTHER_ID = '0190aaaa-0000-7000-8000-00000000000c';
const LONG = { instances: 16, partMs: 160 * MINUTE } as const;
const node = (id: string, change: Partial<NodeGate> = {}): NodeGate => ({
  id,
  windows: null,
  suspended: false,
  ...change,
});

describe('a job between nodes with hours', () => {
  test('works only where its own hours and those of both nodes meet', async () => {
    await using stage = await scene({
      ...{ ...LONG, now: january(5, '12:00'), tasks: 2 },
      gates: {
        schedule: nightly('18:00', '23:00'),
        nodes: [
          node(SOURCE_ID, { windows: daily('20:00', '02:00') }),
          node(DESTINATION_ID, { windows: daily('16:00', '21:00') }),
        ],
      },
    });
    const { harness, house } = stage;
    expect(await harness.closed(JOB)).toBe('completed');
    expect(hoursOf(house.retrieved)).toEqual([20]);
    expect(repeated(house.retrieved)).toEqual([]);
    expect(house.retrieved).toHaveLength(32);
    expect(house.waits.slice(0, 4)).toEqual([
      { kind: 'job-window', until: iso(january(5, '18:00')) },
      { kind: 'node-window', nodeId: SOURCE_ID, until: iso(january(5, '20:00')) },
      null,
      { kind: 'node-window', nodeId: DESTINATION_ID, until: iso(january(6, '16:00')) },
    ]);
  });

  test('that is urgent does not wait for its own hours, but for those of the nodes', async () => {
    await using stage = await scene({
      ...{ now: january(5, '12:00'), input: { priorityKey: 1 } },
      gates: {
        ...{ urgent: true, schedule: nightly('22:00', '23:00') },
        nodes: [node(SOURCE_ID, { windows: daily('20:00', '21:00') }), node(DESTINATION_ID)],
      },
    });
    const { harness, house } = stage;
    expect(await harness.closed(JOB)).toBe('completed');
    expect(hoursOf(house.retrieved)).toEqual([20]);
    expect(house.waits).toEqual([{ kind: 'node-window', nodeId: SOURCE_ID, until: iso(january(5, '20:00')) }, null]);
  });

  test('names the node that opens first while several are closed', async () => {
    await using stage = await scene({
      ...{ now: january(5, '12:00'), tasks: 2 },
      endsOf: (taskNo) => (taskNo === 1 ? { sourceId: OTHER_ID } : {}),
      gates: {
        nodes: [
          node(SOURCE_ID, { windows: daily('20:00', '21:00') }),
          node(OTHER_ID, { windows: daily('15:00', '16:00') }),
          node(DESTINATION_ID),
        ],
      },
    });
    const { harness, house } = stage;
    expect(await harness.closed(JOB)).toBe('completed');
    expect(house.waits).toEqual([
      ...[{ kind: 'node-window', nodeId: OTHER_ID, until: iso(january(5, '15:00')) }, null],
      ...[{ kind: 'node-window', nodeId: SOURCE_ID, until: iso(january(5, '20:00')) }, null],
    ]);
  });

  test('does not let its studies finish in the hours that a node has closed', async () => {
    await using stage = await scene({
      ...{ ...LONG, now: january(5, '20:00') },
      gates: {
        schedule: nightly('20:00', '22:00', { atClose: 'finish', maxOverrunMs: 6 * HOUR }),
        nodes: [node(SOURCE_ID), node(DESTINATION_ID, { windows: daily('20:00', '22:10') })],
      },
    });
    const { harness, house } = stage;
    await harness.until(() => house.journal.includes('1 pending'));
    expect(harness.clock.now - january(5, '22:10')).toBeLessThan(10_000);
    expect(harness.clock.now).toBeGreaterThanOrEqual(january(5, '22:10'));
    expect(await harness.closed(JOB)).toBe('completed');
  });
});

describe('a node that is suspended', () => {
  test('interrupts what runs; the job sleeps without an end until it is back', async () => {
    await using stage = await scene({ ...LONG, now: january(5, '12:00'), tasks: 2 });
    const { harness, house } = stage;
    await harness.pass(50 * MINUTE);
    house.changeNode(SOURCE_ID, { suspended: true });
    harness.signal(JOB, gatesChangedSignal);
    await harness.pass(MINUTE);
    expect(house.count('pending')).toBe(2);
    expect(house.waits).toEqual([{ kind: 'node-suspended', nodeId: SOURCE_ID }]);
    await harness.pass(30 * 24 * HOUR);
    expect(hoursOf(house.retrieved)).toEqual([12]);
    house.changeNode(SOURCE_ID, { suspended: false });
    harness.signal(JOB, gatesChangedSignal);
    expect(await harness.closed(JOB)).toBe('completed');
    expect(house.count('success')).toBe(2);
    expect(house.waits.at(-1)).toBeNull();
    expect(repeated(house.retrieved)).toEqual([]);
  });

  test('and changed often at once is looked at once more only', async () => {
    await using stage = await scene({ ...LONG, tasks: 2 });
    const { harness } = stage;
    await harness.pass(MINUTE);
    for (let time = 0; time < 50; time++) harness.signal(JOB, gatesChangedSignal);
    await harness.pass(MINUTE);
    expect(harness.activitiesOf(JOB).filter((name) => name === 'readGates')).toHaveLength(1);
  });

  test('is known when its tasks are begun again', async () => {
    await using stage = await scene(
      {
        ...{ now: january(5, '12:00'), tasks: 2, partMs: 10 * MINUTE },
        endsOf: (taskNo) => (taskNo === 1 ? { sourceId: OTHER_ID } : {}),
      },
      (house) => {
        const store = house.mocks.storePart;
        house.mocks.storePart = async (part, world) => {
          if (part.taskNo === 2) await world.sleep(HOUR);
          return store(part, world);
        };
      },
    );
    const { harness, house } = stage;
    await harness.until(() => house.task(1).state === 'success');
    house.changeNode(OTHER_ID, { suspended: true });
    harness.signal(JOB, retrySignal, { ...house.about('t1', [1]), requeue: 'all' });
    await harness.until(() => house.task(2).state === 'success');
    await harness.pass(HOUR);
    expect(house.task(1)).toMatchObject({ state: 'pending', chunkNo: null });
    expect(house.waits).toEqual([{ kind: 'node-suspended', nodeId: OTHER_ID }]);
    house.changeNode(OTHER_ID, { suspended: false });
    harness.signal(JOB, gatesChangedSignal);
    expect(await harness.closed(JOB)).toBe('completed');
    expect(house.count('success')).toBe(2);
  });
});

describe('a chunk of which one node closes', () => {
  /** Tasks with odd numbers come from a source that closes at 13:00. */
  const mixed = (opensAgain: string) =>
    scene({
      ...{ instances: 5, partMs: 50 * MINUTE, now: january(5, '12:00'), tasks: 8, settings: { window: 2 } },
      endsOf: (taskNo) => (taskNo % 2 === 1 ? { sourceId: OTHER_ID } : {}),
      gates: {
        nodes: [node(SOURCE_ID), node(DESTINATION_ID), node(OTHER_ID, { windows: daily(opensAgain, '13:00') })],
      },
    });
  const odd = [1, 3, 5, 7];

  test('goes on with the others, then gives its tasks back until the node opens', async () => {
    await using stage = await mixed('11:00');
    const { harness, house } = stage;
    await harness.until(() => house.waits.length === 1);
    expect(house.waits[0]).toEqual({ kind: 'node-window', nodeId: OTHER_ID, until: iso(january(6, '11:00')) });
    expect([2, 4, 6, 8].map((taskNo) => house.task(taskNo).state)).toEqual(Array(4).fill('success'));
    expect(odd.some((taskNo) => house.task(taskNo).state === 'pending')).toBe(true);
    expect(harness.closing(chunk(1))).toBe('completed');
    expect(await harness.closed(JOB)).toBe('completed');
    expect(house.count('success')).toBe(8);
    expect(repeated(house.retrieved)).toEqual([]);
    const ofOther = house.retrieved.filter(({ key }) => odd.includes(Number(key.split('.')[0])));
    expect(hoursOf(ofOther).every((hour) => hour === 11 || hour === 12)).toBe(true);
  });

  test('takes its tasks up again when the node opens before the others are done', async () => {
    await using stage = await mixed('13:30');
    const { harness, house } = stage;
    expect(await harness.closed(JOB)).toBe('completed');
    expect(house.claims).toEqual([8]);
    expect(house.count('success')).toBe(8);
    expect(house.waits).toEqual([]);
    const ofOther = house.retrieved.filter(({ key }) => odd.includes(Number(key.split('.')[0])));
    expect(ofOther.some(({ at }) => at > january(5, '13:00') + 1_000 && at < january(5, '13:30'))).toBe(false);
  });

  test('does not give anything back while it is paused and could go on with some', async () => {
    await using stage = await mixed('11:00');
    const { harness, house } = stage;
    await harness.pass(30 * MINUTE);
    harness.signal(JOB, pauseSignal, { requestId: 'p1', mode: 'interrupt' });
    await harness.pass(2 * HOUR);
    expect(harness.closing(chunk(1))).toBeNull();
    harness.signal(JOB, resumeSignal, { requestId: 'r1' });
    expect(await harness.closed(JOB)).toBe('completed');
    expect(house.count('success')).toBe(8);
  });
});

test('a task that somebody pauses while its chunk gives it back is paused', async () => {
  await using stage = await scene({ ...LONG, now: january(5, '12:00'), tasks: 2 }, (house) => {
    const release = house.mocks.releaseChunk;
    house.mocks.releaseChunk = async (input, world) => {
      await world.sleep(10_000);
      return release(input, world);
    };
  });
  const { harness, house } = stage;
  await harness.pass(50 * MINUTE);
  house.changeNode(SOURCE_ID, { suspended: true });
  harness.signal(JOB, gatesChangedSignal);
  await harness.until(() => harness.activitiesOf(chunk(1)).includes('releaseChunk'));
  harness.signal(JOB, pauseSignal, { ...house.about('p1', [2]), mode: 'interrupt' });
  await harness.pass(MINUTE);
  expect([1, 2].map((taskNo) => house.task(taskNo).state)).toEqual(['pending', 'paused']);
  house.changeNode(SOURCE_ID, { suspended: false });
  harness.signal(JOB, gatesChangedSignal);
  await harness.until(() => house.count('success') === 1);
  await harness.pass(HOUR);
  expect(house.task(2).state).toBe('paused');
  expect(harness.closing(JOB)).toBeNull();
  harness.signal(JOB, resumeSignal, house.about('r1', [2]));
  expect(await harness.closed(JOB)).toBe('completed');
});

import { ApplicationFailure } from '@temporalio/common';
import { describe, expect, test } from 'vitest';
import { pauseSignal, resumeSignal } from './contract/index.ts';
import { chunk, JOB, scene } from './harness/scene.ts';

const count = <T>(list: readonly T[], wanted: T) => list.filter((each) => each === wanted).length;

describe('a destination that is down or full', () => {
  const DOWN = { stored: 0, failed: 0, blocked: { cause: 'disk-full', retryAfterMs: 60_000 } } as const;

  test('is waited for without asking the source again', async () => {
    let tries = 0;
    await using stage = await scene({}, ({ mocks }) => {
      const store = mocks.storePart;
      mocks.storePart = async (part, world) => (++tries < 10 ? DOWN : store(part, world));
    });
    await stage.harness.closed(JOB);
    const asked = stage.harness.activitiesOf(chunk(1));
    expect(count(asked, 'storePart')).toBe(10);
    expect(count(asked, 'retrievePart')).toBe(1);
    expect(stage.house.task(1).state).toBe('success');
  });

  test.each(['interrupt', 'drain'] as const)('does not hold up a pause (%s)', async (mode) => {
    let down = true;
    await using stage = await scene({}, ({ mocks }) => {
      const store = mocks.storePart;
      mocks.storePart = async (part, world) => (down ? DOWN : store(part, world));
    });
    const { harness, house } = stage;
    await harness.pass(600_000);
    harness.signal(JOB, pauseSignal, { requestId: 'p1', mode });
    await harness.pass(2_000);
    expect(house.task(1).state).toBe('pending');
    down = false;
    harness.signal(JOB, resumeSignal, { requestId: 'r1' });
    expect(await harness.closed(JOB)).toBe('completed');
    expect(house.task(1).state).toBe('success');
  });

  test('does not hold up cancel', async () => {
    await using stage = await scene({}, ({ mocks }) => {
      mocks.storePart = async () => DOWN;
    });
    const { harness } = stage;
    await harness.pass(600_000);
    const asked = harness.clock.now;
    harness.cancel(JOB);
    expect(await harness.closed(JOB)).toBe('canceled');
    expect(harness.clock.now - asked).toBeLessThan(2_000);
  });
});

describe('a host', () => {
  test('that is lost in the middle of a part gives it up to another one', async () => {
    await using stage = await scene({ hosts: ['h1', 'h2'] });
    const { harness, house } = stage;
    await harness.until(() => harness.activitiesOf(chunk(1)).includes('storePart'));
    house.hosts.delete('h1');
    harness.loseHost('h1');
    await harness.closed(JOB);
    expect(house.task(1).state).toBe('success');
    const retrieves = harness.log.filter(({ activity }) => activity === 'retrievePart');
    expect(retrieves.map(({ queue }) => queue)).toEqual(['host.h1.retrieve', 'host.h2.retrieve']);
    // Its one part was planned again without a further round.
    expect(count(harness.activitiesOf(chunk(1)), 'verifyTask')).toBe(1);
  });

  test('that already holds bytes of a part is asked to admit it', async () => {
    await using stage = await scene({ hosts: ['h1', 'h2'] });
    const { harness, house } = stage;
    await harness.until(() => harness.activitiesOf(chunk(1)).includes('storePart'));
    harness.signal(JOB, pauseSignal, { requestId: 'p1', mode: 'interrupt' });
    await harness.until(() => house.task(1).state === 'pending');
    harness.signal(JOB, resumeSignal, { requestId: 'r1' });
    await harness.closed(JOB);
    const admits = harness.log.filter(({ activity }) => activity === 'admitPart').map(({ queue }) => queue);
    expect(admits).toEqual([expect.stringMatching(/^pacs\..*\.retrieve$/), 'host.h1.admit']);
  });

  test('that is planned for but never serves its queues makes the task fail after some tries', async () => {
    await using stage = await scene({ hosts: ['h1'] });
    const { harness, house } = stage;
    harness.loseHost('h1');
    await harness.closed(JOB);
    expect(house.task(1)).toMatchObject({ state: 'failure', cause: 'host-lost' });
    expect(count(harness.activitiesOf(chunk(1)), 'planParts')).toBe(5);
  });
});

describe('a failure', () => {
  const never = (cause: string) =>
    ApplicationFailure.create({ type: cause, nonRetryable: true, details: [{ status: 7 }] });

  test.each([
    ['findInstances', 'study-unknown'],
    ['planParts', 'internal'],
    ['admitPart', 'node-gone'],
    ['verifyTask', 'called-ae-rejected'],
  ] as const)('of %s settles the task with its cause', async (name, cause) => {
    await using stage = await scene({}, ({ mocks }) => {
      Object.assign(mocks, { [name]: () => Promise.reject(never(cause)) });
    });
    expect(await stage.harness.closed(JOB)).toBe('completed');
    expect(stage.house.task(1)).toMatchObject({ state: 'failure', cause });
  });

  test('of one part lets the other parts arrive, and verify decides at once', async () => {
    await using stage = await scene({ partsPerTask: 3 }, ({ mocks }) => {
      const retrieve = mocks.retrievePart;
      mocks.retrievePart = (part, world) =>
        part.partNo === 1 ? Promise.reject(never('status-failure')) : retrieve(part, world);
    });
    const { harness, house } = stage;
    await harness.closed(JOB);
    expect(house.task(1)).toMatchObject({ state: 'failure', cause: 'status-failure' });
    expect(house.task(1).parts.map(({ stored }) => stored)).toEqual([false, true, true]);
    expect(count(harness.activitiesOf(chunk(1)), 'verifyTask')).toBe(1);
  });

  test('of a part is the cause when the destination cannot be asked either', async () => {
    await using stage = await scene({}, ({ mocks }) => {
      mocks.retrievePart = () => Promise.reject(never('status-failure'));
      mocks.verifyTask = () => Promise.reject(never('connection-refused'));
    });
    await stage.harness.closed(JOB);
    expect(stage.house.task(1)).toMatchObject({ state: 'failure', cause: 'status-failure' });
  });

  test('that may pass is tried again after the delay that the activity asks for', async () => {
    let attempts = 0;
    await using stage = await scene({}, ({ mocks }) => {
      const find = mocks.findInstances;
      mocks.findInstances = (task, world) => {
        attempts = world.attempt;
        if (world.attempt > 2) return find(task, world);
        return Promise.reject(ApplicationFailure.create({ type: 'connection-refused', nextRetryDelay: 600_000 }));
      };
    });
    const began = stage.harness.clock.now;
    await stage.harness.closed(JOB);
    expect(attempts).toBe(3);
    expect(stage.harness.clock.now - began).toBeGreaterThan(1_200_000);
    expect(stage.house.task(1).state).toBe('success');
  });
});

describe('gaps', () => {
  test('are retrieved again round by round until the rounds are used up', async () => {
    await using stage = await scene({ settings: { maxRounds: 3 } }, (house) => {
      const store = house.mocks.storePart;
      house.mocks.storePart = async (part, world) => {
        const result = await store(part, world);
        house.task(part.taskNo).parts.forEach((each) => (each.stored = false));
        return result;
      };
    });
    const { harness, house } = stage;
    await harness.closed(JOB);
    expect(house.task(1)).toMatchObject({ state: 'failure', cause: 'instance-withheld' });
    expect(count(harness.activitiesOf(chunk(1)), 'retrievePart')).toBe(3);
  });

  test('for which nothing can be planned end the rounds', async () => {
    await using stage = await scene({ settings: { maxRounds: 9 } }, (house) => {
      const plan = house.mocks.planParts;
      let plans = 0;
      house.mocks.planParts = async (task, world) => (++plans > 1 ? { parts: [] } : plan(task, world));
      house.mocks.storePart = async () => ({ stored: 97, failed: 3 });
    });
    await stage.harness.closed(JOB);
    expect(count(stage.harness.activitiesOf(chunk(1)), 'verifyTask')).toBe(2);
    expect(stage.house.task(1).state).toBe('failure');
  });
});

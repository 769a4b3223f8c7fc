import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { dataConverter } from './contract/codec.ts';
import type { Mocks, World } from './harness/activities.ts';
import { House } from './harness/house.ts';
import { SCENARIOS, type Scenario } from './harness/scenarios.ts';
import { startStage, type Play, type Stage } from './harness/stage.ts';

/** A process that serves the queues of a host until it is killed. */
async function startDoomedHost(address: string, hostId: string): Promise<{ kill(): void } & Disposable> {
  const script = fileURLToPath(new URL('./harness/doomed.ts', import.meta.url));
  const child = spawn(process.execPath, [script, address, hostId], { stdio: ['ignore', 'pipe', 'inherit'] });
  const kill = () => void child.kill('SIGKILL');
  try {
    await once(child.stdout, 'data', { signal: AbortSignal.timeout(20_000) });
  } catch (error) {
    kill();
    throw error;
  }
  return { kill, [Symbol.dispose]: kill };
}

/** Mocks for two jobs: the one called `urgent`, and the other one. */
function eitherOf(normal: Mocks, urgent: Mocks): Mocks {
  const choose = (name: string) => (input: object, world: World) => {
    const mocks = 'jobId' in input && input.jobId === 'urgent' ? urgent : normal;
    return (mocks[name as keyof Mocks] as (input: object, world: World) => Promise<unknown>)(input, world);
  };
  return Object.fromEntries(Object.keys(normal).map((name) => [name, choose(name)])) as unknown as Mocks;
}

async function expectEnd(play: Play, { ends, tasks }: Pick<Scenario, 'ends' | 'tasks'>): Promise<void> {
  await play.job.result().catch(() => undefined);
  expect((await play.job.describe()).status.name).toBe(ends);
  for (const state of ['success', 'failure', 'canceled'] as const) {
    expect(play.house.count(state), state).toBe(tasks[state] ?? 0);
  }
}

describe('on a real server, encrypted', () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await startStage({ converter: dataConverter([{ id: 'test', key: randomBytes(32) }]) });
  });
  afterAll(() => stage[Symbol.asyncDispose]());

  test.each(SCENARIOS.filter(({ continues, slow }) => !continues && !slow))('$name', async (scenario) => {
    await using play = await stage.play(scenario.options);
    await scenario.run(play);
    await expectEnd(play, scenario);
  });

  test('a job goes on when its workflow worker is replaced by one that knows nothing of it', async () => {
    await using play = await stage.play({ tasks: 3, partsPerTask: 4 });
    await play.until(() => play.house.journal.includes('1.1 stored'), 'a part');
    await play.replaceWorkflowWorker();
    await expectEnd(play, { ends: 'COMPLETED', tasks: { success: 3 } });
  });

  test('an urgent job overtakes another one at the source', async () => {
    const order: string[] = [];
    const other = new House({ tasks: 2, partMs: 10, askMs: 100 });
    await using play = await stage.play({
      ...{ tasks: 20, partMs: 10, askMs: 100, admits: 1, settings: { window: 20, chunkSize: 20 } },
      prepare: (house) => {
        house.mocks = eitherOf(house.mocks, other.mocks);
        const admit = house.mocks.admitPart;
        house.mocks.admitPart = (part, world) => {
          order.push(part.jobId);
          return admit(part, world);
        };
      },
    });
    await play.until(() => order.length >= 2, 'the first admissions');
    const urgent = await play.another('urgent', 1);
    await urgent.result();
    const after = order.slice(order.lastIndexOf('urgent') + 1).length + (20 + 2 - order.length);
    expect(after).toBeGreaterThan(5);
    await play.job.result();
    expect(order).toHaveLength(22);
  });
});

describe('a host on a real server', () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await startStage();
  });
  afterAll(() => stage[Symbol.asyncDispose]());

  test('that is killed and comes back takes its parts up again', async () => {
    using host = await startDoomedHost(stage.address, 'h2');
    await using play = await stage.play({ hosts: ['h2'], settings: { hostLostAfterMs: 20_000 } });
    await play.until(() => play.house.task(1).parts[0]?.hostId === 'h2', 'admission');
    await play.waitForActivity('storePart');
    host.kill();
    await play.workers.serveHost('h2');
    await expectEnd(play, { ends: 'COMPLETED', tasks: { success: 1 } });
  });

  test('that is killed for good gives its parts up to another one', async () => {
    using host = await startDoomedHost(stage.address, 'h3');
    await using play = await stage.play({ hosts: ['h3'] });
    await play.waitForActivity('storePart');
    play.house.hosts.delete('h3');
    play.house.hosts.add('h1');
    host.kill();
    await expectEnd(play, { ends: 'COMPLETED', tasks: { success: 1 } });
    expect(play.house.task(1).parts[0]?.hostId).toBe('h1');
  });
});

test('job and chunks continue as new when the server suggests it', async () => {
  await using stage = await startStage({ suggestContinueAsNew: 60 });
  const scenario = SCENARIOS.find(({ continues }) => continues);
  if (!scenario) throw new Error('no such scenario');
  await using play = await stage.play(scenario.options);
  await scenario.run(play);
  await expectEnd(play, scenario);
  expect((await play.runsOf(play.job.workflowId)).length).toBeGreaterThan(1);
  expect((await play.runsOf(play.chunkId(1))).length).toBeGreaterThan(1);
});

import type { Requeue } from '@viaduct/domain';
import { expect, test } from 'vitest';
import { claimChunk } from './claims.ts';
import { openWorld, readJob, readTask, runJob } from './harness/world.ts';
import type { World } from './harness/world.ts';
import { planParts } from './plan.ts';
import type { RunRef } from './refs.ts';
import { requeueEnded } from './requeue.ts';
import { beginTask } from './tasks.ts';

/** Instances of a task that has ended, by state; `*` marks one that the destination has changed. */
const LEDGER = ['verified', 'verified*', 'coerced*', 'stored', 'missing', 'failed', 'quarantined', 'excluded'];

async function openTask(state: string) {
  const world = await openWorld();
  const run = await runJob(world, 2);
  const task = { ...run, taskNo: 1 };
  await beginTask(world.database.pool, task);
  const { id: taskId } = await readTask(world, task);
  await world.database.client.part.create({
    data: { taskId, partNo: 1, runNo: 1, instances: LEDGER.length, hostId: 'h', endedAt: new Date() },
  });
  const uids = LEDGER.map((_, index) => `1.${index + 1}`);
  await world.database.client.instance.createMany({
    data: uids.map((sopInstanceUid) => ({ taskId, sopInstanceUid, seriesInstanceUid: '1', partNo: 1, hostId: 'h' })),
  });
  for (const [index, mark] of LEDGER.entries()) {
    await world.database.client.instance.updateMany({
      where: { taskId, sopInstanceUid: uids[index] },
      data: { state: mark.replace('*', ''), storeStatus: mark.endsWith('*') ? 0xb000 : null },
    });
  }
  await world.database.client.task.update({
    where: { id: taskId },
    data: { state, cause: 'internal', manifest: { outcome: state }, endedAt: new Date() },
  });
  return { world, run, task, taskId, [Symbol.asyncDispose]: () => world[Symbol.asyncDispose]() };
}

const requeue = ({ database }: World, run: RunRef, which: Requeue, taskNos: number[] | null = null) =>
  requeueEnded(database.pool, run, which, taskNos);

async function ledger({ database }: World, taskId: string): Promise<string[]> {
  const rows = await database.client.instance.findMany({ where: { taskId }, orderBy: { sopInstanceUid: 'asc' } });
  return rows.map(({ state, storeStatus }) => (storeStatus === null ? state : `${state}*`));
}

test.each([
  ['failed', 'failure', [0, 1, 2, 3, 7]],
  ['failed', 'canceled', [0, 1, 2, 3, 7]],
  ['warnings', 'warning', [0, 3, 4, 5, 6, 7]],
  ['all', 'success', [7]],
  ['all', 'canceled', [7]],
] as const)(
  'requeue %s of a task that is %s leaves rows %s as they are and expects the others again',
  async (which, state, kept) => {
    await using opened = await openTask(state);
    const { world, run, task, taskId } = opened;
    expect(await requeue(world, run, which)).toBe(1);
    const rows = await ledger(world, taskId);
    expect(rows).toEqual(LEDGER.map((mark, index) => (kept.some((row) => row === index) ? mark : 'expected')));
    const again = rows.filter((row) => row === 'expected').length;
    expect(await readTask(world, task)).toMatchObject({ state: 'pending', cause: null, manifest: null, chunkNo: null });
    expect(await readJob(world, run.jobId)).toMatchObject({
      tasksPending: 2,
      instancesExpected: LEDGER.length - 1,
      instancesVerified: rows.filter((row) => row.startsWith('verified')).length,
    });
    await claimChunk(world.database.pool, { ...run, chunkNo: 2, size: 1 });
    expect(await planParts(world.database.pool, task)).toEqual({ parts: [{ partNo: 2, hostId: null }] });
    expect(await world.database.client.instance.count({ where: { taskId, partNo: 2, state: 'expected' } })).toBe(again);
  },
);

test.each([
  ['failed', 'success'],
  ['failed', 'warning'],
  ['warnings', 'failure'],
  ['all', 'running'],
] as const)('requeue %s does not touch a task that is %s', async (which, state) => {
  await using opened = await openTask(state);
  const { world, run, taskId } = opened;
  expect(await requeue(world, run, which)).toBe(0);
  expect(await ledger(world, taskId)).toEqual(LEDGER);
});

test.each([
  ['failed', 'failure', true],
  ['all', 'failure', false],
] as const)('after requeue %s the source counts as asked: %s', async (which, state, found) => {
  await using opened = await openTask(state);
  const { world, run } = opened;
  await requeue(world, run, which, [1, 2]);
  const { tasks } = await claimChunk(world.database.pool, { ...run, chunkNo: 2, size: 1 });
  expect(tasks).toMatchObject([{ taskNo: 1, found }]);
});

test('a restart also gives up parts that a canceled task had left open', async () => {
  await using opened = await openTask('canceled');
  const { world, run, task, taskId } = opened;
  const { client, pool } = world.database;
  await client.part.updateMany({ where: { taskId }, data: { endedAt: null } });
  await client.instance.updateMany({ where: { taskId }, data: { state: 'retrieved' } });
  await requeue(world, run, 'all');
  await claimChunk(pool, { ...run, chunkNo: 2, size: 1 });
  expect(await planParts(pool, task)).toEqual({ parts: [{ partNo: 2, hostId: null }] });
});

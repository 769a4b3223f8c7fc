import { expect, test } from 'vitest';
import { instances, openWorld, readTask, runJob } from './harness/world.ts';
import { forgetHost, hostSeen } from './hosts.ts';
import { advance, expectArrived, expectInstances, instancesOf } from './ledger.ts';
import { closePart, endPart, hostPart, planParts } from './plan.ts';
import { settleTask } from './tasks.ts';

async function openTask(count = 0) {
  const world = await openWorld();
  const { pool } = world.database;
  const run = await runJob(world, 1);
  const task = { ...run, taskNo: 1 };
  const { id: taskId } = await readTask(world, task);
  if (count > 0) await expectInstances(pool, taskId, instances(count));
  const seen = (id: string) =>
    hostSeen(pool, {
      id,
      receiverAeTitle: 'RX',
      receiverHost: '127.0.0.1',
      receiverPort: 1,
      receiverUp: true,
      spoolFreeBytes: 0,
    });
  await seen('alive');
  const dies = (id: string) =>
    pool.query(`UPDATE worker_host SET last_seen_at = now() - interval '1 min' WHERE id = $1`, [id]);
  const moveTo = (to: 'retrieved' | 'pseudonymized' | 'stored', first: number, last: number, hostId = 'alive') =>
    advance(
      pool,
      taskId,
      instances(last)
        .slice(first - 1)
        .map(({ sopInstanceUid }) => ({ sopInstanceUid, to, hostId })),
    );
  return { world, pool, task, taskId, seen, dies, moveTo, [Symbol.asyncDispose]: () => world[Symbol.asyncDispose]() };
}

test('planning shows the task as running, groups what is expected, and answers the same when asked again', async () => {
  await using opened = await openTask(300);
  const { world, pool, task, taskId } = opened;
  await expectInstances(pool, taskId, instances(300, '1.9.2'));
  const plan = await planParts(pool, task);
  expect(plan).toEqual({
    parts: [
      { partNo: 1, hostId: null },
      { partNo: 2, hostId: null },
    ],
  });
  expect(await Promise.all([planParts(pool, task), planParts(pool, task)])).toEqual([plan, plan]);
  expect((await readTask(world, task)).state).toBe('running');
  expect(await instancesOf(pool, { taskId, partNo: 2 })).toHaveLength(300);
});

test('an unfinished part on a living host comes back with its host', async () => {
  await using opened = await openTask(4);
  const { world, pool, task, taskId, moveTo } = opened;
  await planParts(pool, task);
  expect(await hostPart(pool, { ...task, partNo: 1 }, 'alive')).toBe(true);
  await moveTo('retrieved', 1, 2);
  await closePart(pool, taskId, 1);
  expect(await planParts(pool, task)).toEqual({ parts: [{ partNo: 1, hostId: 'alive' }] });
  const part = await world.database.client.part.findFirst({ where: { taskId } });
  expect(part?.closedAt).toBeNull();
});

test('what lay on a dead host is planned anew, what it had stored is not', async () => {
  await using opened = await openTask(6);
  const { pool, task, taskId, seen, dies, moveTo } = opened;
  await planParts(pool, task);
  await seen('doomed');
  await hostPart(pool, { ...task, partNo: 1 }, 'doomed');
  await moveTo('retrieved', 1, 4, 'doomed');
  await moveTo('pseudonymized', 1, 2);
  await moveTo('stored', 1, 1);
  await dies('doomed');
  expect(await planParts(pool, task)).toEqual({ parts: [{ partNo: 2, hostId: null }] });
  expect(await instancesOf(pool, { taskId, partNo: 2, states: ['expected'] })).toHaveLength(5);
  expect(await hostPart(pool, { ...task, partNo: 1 }, 'alive')).toBe(false);
});

test('a part that another host takes over starts from the beginning there', async () => {
  await using opened = await openTask(2);
  const { pool, task, taskId, seen, moveTo } = opened;
  await seen('other');
  await planParts(pool, task);
  await hostPart(pool, { ...task, partNo: 1 }, 'other');
  await moveTo('retrieved', 1, 2, 'other');
  await hostPart(pool, { ...task, partNo: 1 }, 'alive');
  expect(await instancesOf(pool, { taskId, partNo: 1, states: ['expected'] })).toHaveLength(2);
  expect(await planParts(pool, task)).toEqual({ parts: [{ partNo: 1, hostId: 'alive' }] });
});

test('rows left behind by a part that has ended make a new one', async () => {
  await using opened = await openTask(3);
  const { pool, task, taskId, moveTo } = opened;
  await planParts(pool, task);
  await hostPart(pool, { ...task, partNo: 1 }, 'alive');
  await moveTo('retrieved', 1, 2);
  await moveTo('stored', 1, 1);
  await endPart(pool, taskId, 1);
  expect(await planParts(pool, task)).toEqual({ parts: [{ partNo: 2, hostId: null }] });
  expect(await instancesOf(pool, { taskId, partNo: 2 })).toHaveLength(2);
});

test('nothing lacking means no parts', async () => {
  await using opened = await openTask(2);
  const { pool, task, moveTo } = opened;
  await planParts(pool, task);
  await moveTo('retrieved', 1, 2);
  await moveTo('stored', 1, 2);
  expect(await planParts(pool, task)).toEqual({ parts: [] });
});

test('a source that only counts gets one part without rows, until everything counted has arrived', async () => {
  await using opened = await openTask();
  const { pool, task, taskId } = opened;
  await expectInstances(pool, taskId, [], 2);
  expect(await planParts(pool, task)).toEqual({ parts: [{ partNo: 1, hostId: null }] });
  expect(await planParts(pool, task)).toEqual({ parts: [{ partNo: 1, hostId: null }] });
  const arrived = instances(2);
  await expectArrived(pool, taskId, 1, arrived);
  await advance(
    pool,
    taskId,
    arrived.map(({ sopInstanceUid }) => ({ sopInstanceUid, to: 'retrieved', hostId: 'alive' })),
  );
  await advance(
    pool,
    taskId,
    arrived.map(({ sopInstanceUid }) => ({ sopInstanceUid, to: 'stored' })),
  );
  expect(await planParts(pool, task)).toEqual({ parts: [] });
});

test('a lost spool makes its instances expected again', async () => {
  await using opened = await openTask(3);
  const { pool, task, taskId, moveTo } = opened;
  await planParts(pool, task);
  await hostPart(pool, { ...task, partNo: 1 }, 'alive');
  await moveTo('retrieved', 1, 3);
  await moveTo('stored', 1, 1);
  expect(await forgetHost(pool, 'alive')).toBe(2);
  expect(await forgetHost(pool, 'alive')).toBe(0);
  expect(await instancesOf(pool, { taskId, states: ['expected'] })).toHaveLength(2);
});

test('a task that has ended, or of another run, is not planned', async () => {
  await using opened = await openTask(1);
  const { world, pool, task } = opened;
  expect(await planParts(pool, { ...task, runNo: 2 })).toEqual({ parts: [] });
  await settleTask(pool, { ...task, to: 'canceled' });
  expect(await planParts(pool, task)).toEqual({ parts: [] });
  expect((await readTask(world, task)).state).toBe('canceled');
});

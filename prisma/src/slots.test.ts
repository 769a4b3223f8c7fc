import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { enterJob, openWorld, readJob } from './harness/world.ts';
import {
  acquireSlot,
  releaseHolder,
  releaseJob,
  releaseSlot,
  renewSlot,
  slotJobs,
  slotUsage,
  syncSlots,
} from './slots.ts';
import type { Slot } from './slots.ts';

async function openNode() {
  const world = await openWorld();
  const { pool, client } = world.database;
  const nodeId = world.sourceId;
  const take = (holder = 'host/a') => acquireSlot(pool, { nodeId, holder, ttlMs: 20_000 });
  const limit = (maxAssociations: number) => client.node.update({ where: { id: nodeId }, data: { maxAssociations } });
  const usage = async () => (await slotUsage(pool, nodeId))[0];
  /** Lets the time of a slot pass. */
  const runOut = ({ slotNo, fence }: Slot) =>
    pool.query(
      `UPDATE pacs_slot SET expires_at = now() - interval '1 s' WHERE node_id = $1 AND slot_no = $2 AND fence = $3`,
      [nodeId, slotNo, fence],
    );
  return { world, runOut, pool, nodeId, take, limit, usage, [Symbol.asyncDispose]: () => world[Symbol.asyncDispose]() };
}

test('a node gives out as many slots as its limit, and none more', async () => {
  await using opened = await openNode();
  const { pool, nodeId, take, usage } = opened;
  const [one, two, three] = [await take(), await take(), await take()];
  expect([one?.slotNo, two?.slotNo, three]).toEqual([1, 2, null]);
  expect(await usage()).toEqual({ nodeId, used: 2, of: 2, allowed: 2 });
  expect(one && (await releaseSlot(pool, one))).toBe(true);
  expect(one && (await releaseSlot(pool, one))).toBe(false);
  expect(await take()).toMatchObject({ slotNo: 1, fence: '2' });
});

test('a slot that was not renewed is given to somebody else, and its old holder has lost it', async () => {
  await using opened = await openNode();
  const { pool, take, runOut } = opened;
  const [old] = [await take('host/a'), await take()];
  if (!old) throw new Error('no slot');
  await runOut(old);
  const taken = await take('host/b');
  expect(taken).toMatchObject({ slotNo: old.slotNo, fence: '2' });
  expect(await renewSlot(pool, old, 20_000)).toBe(false);
  expect(await releaseSlot(pool, old)).toBe(false);
  expect(taken && (await renewSlot(pool, taken, 20_000))).toBe(true);
});

test('a slot that ran out while nobody else wanted it can still be renewed', async () => {
  await using opened = await openNode();
  const { pool, take, runOut, usage } = opened;
  const slot = await take();
  if (!slot) throw new Error('no slot');
  await runOut(slot);
  expect(await usage()).toMatchObject({ used: 0 });
  expect(await renewSlot(pool, slot, 20_000)).toBe(true);
  expect(await usage()).toMatchObject({ used: 1 });
});

test('a restarted host frees its own slots and no others', async () => {
  await using opened = await openNode();
  const { pool, take, usage } = opened;
  const mine = await take('host/retrieve');
  await take('host2/retrieve');
  expect(await releaseHolder(pool, 'host')).toBe(1);
  expect(await usage()).toMatchObject({ used: 1 });
  expect(mine && (await renewSlot(pool, mine, 20_000))).toBe(false);
});

test('slots say which jobs use them, and those of a job are freed together', async () => {
  await using opened = await openNode();
  const { world, pool, nodeId, limit, runOut } = opened;
  await limit(5);
  const [one, two] = [await enterJob(world), await enterJob(world)];
  const number = async (jobId: string) => (await readJob(world, jobId)).number;
  const takeFor = (jobId: string | null) => acquireSlot(pool, { nodeId, holder: 'host/a', ttlMs: 20_000, jobId });
  const slots = [await takeFor(two), await takeFor(one), await takeFor(two), await takeFor(null)];
  const late = await takeFor(one);
  if (late) await runOut(late);
  expect([...(await slotJobs(pool, [nodeId, world.destinationId]))]).toEqual([
    [nodeId, [await number(one), await number(two)]],
  ]);
  expect(await releaseJob(pool, two)).toBe(2);
  expect(slots[0] && (await renewSlot(pool, slots[0], 20_000))).toBe(false);
  if (slots[1]) await releaseSlot(pool, slots[1]);
  expect([...(await slotJobs(pool, [nodeId]))]).toEqual([]);
  expect((await slotUsage(pool, nodeId))[0]).toMatchObject({ used: 1 });
});

test('a raised limit gives more at once; under a lowered one nothing is given while surplus slots are held', async () => {
  await using opened = await openNode();
  const { world, pool, nodeId, take, limit, usage } = opened;
  await limit(3);
  const slots = [await take(), await take(), await take()];
  expect(slots.map((slot) => slot?.slotNo)).toEqual([1, 2, 3]);
  await limit(1);
  const [one, two, three] = slots;
  if (!one || !two || !three) throw new Error('no slots');
  expect(await usage()).toMatchObject({ used: 3, of: 1 });
  await releaseSlot(pool, one);
  expect(await take()).toBeNull();
  await releaseSlot(pool, two);
  await releaseSlot(pool, three);
  expect(await take()).toMatchObject({ slotNo: 1 });
  expect(await take()).toBeNull();
  await syncSlots(pool, nodeId);
  expect(await world.database.client.pacsSlot.count({ where: { nodeId } })).toBe(1);
});

test('folders have no slots', async () => {
  await using opened = await openNode();
  const { world, pool } = opened;
  const folder = await world.database.client.node.create({ data: { kind: 'folder', name: 'F', path: '/data' } });
  expect(await slotUsage(pool, folder.id)).toEqual([]);
  expect(await acquireSlot(pool, { nodeId: folder.id, holder: 'h', ttlMs: 1000 })).toBeNull();
});

test('twelve contending clients, some of which crash, never hold more than the limit', async () => {
  await using opened = await openNode();
  const { pool, take, limit, runOut } = opened;
  await limit(4);
  const fences = new Set<string>();
  let holding = 0;
  let peak = 0;
  const client = async (seed: number) => {
    for (let turn = 0; turn < 10; turn++) {
      const slot = await take(`host/${seed}`);
      if (!slot) {
        await delay(5);
        continue;
      }
      peak = Math.max(peak, ++holding);
      fences.add(`${slot.slotNo}/${slot.fence}`);
      await delay(1);
      holding--;
      if ((seed + turn) % 3 === 0) await runOut(slot);
      else await releaseSlot(pool, slot);
    }
  };
  await Promise.all(Array.from({ length: 12 }, (_value, seed) => client(seed)));
  const { rows } = await pool.query<{ given: number }>('SELECT sum(fence)::int AS given FROM pacs_slot');
  expect(peak).toBeLessThanOrEqual(4);
  expect(fences.size).toBe(rows[0]?.given);
});

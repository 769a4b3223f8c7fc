import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { openWorld } from './fixtures/world.ts';
import { acquireSlot, releaseHolder, releaseSlot, renewSlot, slotUsage, syncSlots } from './slots.ts';

async function openNode() {
  const world = await openWorld();
  const { pool, client } = world.database;
  const nodeId = world.sourceId;
  const take = (holder = 'host/a', ttlMs = 20_000) => acquireSlot(pool, { nodeId, holder, ttlMs });
  const limit = (maxAssociations: number) => client.node.update({ where: { id: nodeId }, data: { maxAssociations } });
  const usage = async () => (await slotUsage(pool, nodeId))[0];
  return { world, pool, nodeId, take, limit, usage };
}

test('a node gives out as many slots as its limit, and none more', async () => {
  const { world, pool, nodeId, take, usage } = await openNode();
  await using _ = world;
  const [one, two, three] = [await take(), await take(), await take()];
  expect([one?.slotNo, two?.slotNo, three]).toEqual([1, 2, null]);
  expect(await usage()).toEqual({ nodeId, used: 2, of: 2 });
  expect(one && (await releaseSlot(pool, one))).toBe(true);
  expect(one && (await releaseSlot(pool, one))).toBe(false);
  expect(await take()).toMatchObject({ slotNo: 1, fence: '2' });
});

test('a slot that was not renewed is given to somebody else, and its old holder has lost it', async () => {
  const { world, pool, take } = await openNode();
  await using _ = world;
  const [old] = [await take('host/a', 1), await take()];
  let taken = null;
  while (!taken) taken = await take('host/b');
  expect(taken.slotNo).toBe(old?.slotNo);
  expect(old && (await renewSlot(pool, old, 20_000))).toBe(false);
  expect(old && (await releaseSlot(pool, old))).toBe(false);
  expect(await renewSlot(pool, taken, 20_000)).toBe(true);
});

test('a restarted host frees its own slots and no others', async () => {
  const { world, pool, take, usage } = await openNode();
  await using _ = world;
  const mine = await take('host/retrieve');
  await take('host2/retrieve');
  expect(await releaseHolder(pool, 'host')).toBe(1);
  expect(await usage()).toMatchObject({ used: 1 });
  expect(mine && (await renewSlot(pool, mine, 20_000))).toBe(false);
});

test('a raised limit gives more at once; under a lowered one nothing is given while surplus slots are held', async () => {
  const { world, pool, nodeId, take, limit, usage } = await openNode();
  await using _ = world;
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
  const { world, pool } = await openNode();
  await using _ = world;
  const folder = await world.database.client.node.create({ data: { kind: 'folder', name: 'F', path: '/data' } });
  expect(await slotUsage(pool, folder.id)).toEqual([]);
  expect(await acquireSlot(pool, { nodeId: folder.id, holder: 'h', ttlMs: 1000 })).toBeNull();
});

test('twelve contending clients, some of which crash, never hold more than the limit', async () => {
  const { world, pool, take, limit } = await openNode();
  await using _ = world;
  await limit(4);
  const fences = new Set<string>();
  let holding = 0;
  let peak = 0;
  const client = async (seed: number) => {
    for (let turn = 0; turn < 10; turn++) {
      const slot = await take(`host/${seed}`, 150);
      if (!slot) {
        await delay(5);
        continue;
      }
      peak = Math.max(peak, ++holding);
      fences.add(`${slot.slotNo}/${slot.fence}`);
      if ((seed + turn) % 3 === 0) {
        await delay(140); // crashed: the lease runs out by itself
        holding--;
      } else {
        holding--;
        await releaseSlot(pool, slot);
      }
    }
  };
  await Promise.all(Array.from({ length: 12 }, (_value, seed) => client(seed)));
  const { rows } = await pool.query<{ given: number }>('SELECT sum(fence)::int AS given FROM pacs_slot');
  expect(peak).toBeLessThanOrEqual(4);
  expect(fences.size).toBe(rows[0]?.given);
});

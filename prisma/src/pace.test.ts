import { expect, test } from 'vitest';
import { openWorld } from './harness/world.ts';
import { reportExperience, type Experience } from './pace.ts';
import { reserveRequest } from './rate.ts';
import { acquireSlot, renewSlot } from './slots.ts';

/** A server of eight associations that reports are made about; `elapse` lets time pass for it. */
async function openNode() {
  const world = await openWorld();
  const { pool, client } = world.database;
  const nodeId = world.sourceId;
  await client.node.update({ where: { id: nodeId }, data: { maxAssociations: 8 } });
  await client.pacsPace.create({ data: { nodeId } });
  const release = () =>
    pool.query(`UPDATE pacs_slot SET holder = NULL, expires_at = '-infinity' WHERE node_id = $1`, [nodeId]);
  const take = async () => {
    let taken = 0;
    while (await acquireSlot(pool, { nodeId, holder: 'h', ttlMs: 60_000 })) taken += 1;
    return taken;
  };
  return {
    client,
    pool,
    nodeId,
    report: async (experience: Experience) => {
      await reportExperience(pool, nodeId, experience);
      return (await client.pacsPace.findUniqueOrThrow({ where: { nodeId } })).pace;
    },
    elapse: (s: number) =>
      pool.query(
        `UPDATE pacs_pace SET changed_at = changed_at - $2 * interval '1 s', lowered_at = lowered_at - $2 * interval '1 s'
         WHERE node_id = $1`,
        [nodeId, s],
      ),
    free: async () => {
      const taken = await take();
      await release();
      return taken;
    },
    /** Opens as many associations as it gets, and no others. */
    occupy: async () => {
      await release();
      return take();
    },
    [Symbol.asyncDispose]: () => world[Symbol.asyncDispose](),
  };
}

test('an overloaded node is halved once for one event, down to one association', async () => {
  await using node = await openNode();
  expect(await node.free()).toBe(8);
  expect([await node.report('overloaded'), await node.report('overloaded')]).toEqual([0.5, 0.5]);
  expect(await node.free()).toBe(4);
  for (let event = 0; event < 9; event += 1) {
    await node.elapse(60);
    await node.report('overloaded');
  }
  expect(await node.free()).toBe(1);
});

test('a node of which nothing is known begins with four associations, with fewer when that is slow', async () => {
  await using node = await openNode();
  await node.client.pacsPace.deleteMany();
  expect(await node.free()).toBe(4);
  await node.report({});
  expect(await node.free()).toBe(4);
  await node.report({ gapMs: 500 });
  expect(await node.free()).toBe(3);
});

test('what goes well gives one association back in ten seconds, up to what is configured', async () => {
  await using node = await openNode();
  await node.report('overloaded');
  await node.elapse(10);
  await node.report({});
  expect(await node.free()).toBe(5);
  for (let turn = 0; turn < 4; turn += 1) {
    await node.elapse(20);
    await node.report({});
  }
  expect([await node.report({}), await node.free()]).toEqual([1, 8]);
});

test('a node that becomes slow gets less, and no less while it is as quick as ever', async () => {
  await using node = await openNode();
  for (const gapMs of [10, 12, 25, 9]) expect(await node.report({ gapMs })).toBe(1);
  await node.report({ gapMs: 1_000 });
  expect(await node.free()).toBe(6);
  await node.elapse(6);
  await node.report({ gapMs: 1_000 });
  expect(await node.free()).toBe(4);
  await node.elapse(6);
  await node.report({ gapMs: 10 });
  await node.elapse(10);
  await node.report({ gapMs: 10 });
  expect(await node.free()).toBeGreaterThan(4);
});

test('slowness counts again only when the decrease before has taken effect', async () => {
  await using node = await openNode();
  await node.report({ gapMs: 10 });
  await node.occupy();
  for (let second = 0; second < 3; second += 1) {
    await node.report({ gapMs: 500 });
    await node.elapse(6);
  }
  expect(await node.free()).toBe(0);
  expect(await node.free()).toBe(6);
});

test('what was too many is tried again after half a minute, and given up as soon as it is slow', async () => {
  await using node = await openNode();
  await node.client.pacsPace.deleteMany();
  await node.report({ gapMs: 500 });
  for (let turn = 0; turn < 2; turn += 1) {
    for (const [s, allowed] of [
      [25, 3],
      [5, 4],
    ] as const) {
      await node.elapse(s);
      await node.report({ gapMs: 100 });
      expect(await node.free()).toBe(allowed);
    }
    await node.report({ gapMs: 500 });
    expect(await node.free()).toBe(3);
  }
});

test('a trial that goes well is followed by one association every four seconds while all of them are used', async () => {
  await using node = await openNode();
  await node.client.pacsPace.deleteMany();
  await node.report({ gapMs: 500 });
  await node.elapse(30);
  for (const allowed of [4, 5, 6, 7, 8]) {
    await node.report({ gapMs: 100 });
    expect(await node.occupy()).toBe(allowed);
    await node.elapse(4);
  }
  await node.report('overloaded');
  await node.free();
  await node.elapse(6);
  await node.report({ gapMs: 100 });
  expect(await node.free()).toBe(4);
});

test('a gap that was measured before the pace changed, or while more were open, says nothing about it', async () => {
  await using node = await openNode();
  await node.report({ gapMs: 10 });
  await node.occupy();
  await node.report('overloaded');
  await node.elapse(6);
  await node.report({ gapMs: 1_000 });
  await node.free();
  await node.elapse(6);
  await node.report({ gapMs: 1_000, measuredMs: 7_000 });
  expect(await node.free()).toBe(4);
  await node.report({ gapMs: 1_000, measuredMs: 5_000 });
  expect(await node.free()).toBe(3);
});

test('a decrease after which a slow node does less is taken back', async () => {
  await using node = await openNode();
  await node.client.pacsPace.deleteMany();
  expect(await node.occupy()).toBe(4);
  await node.report({ gapMs: 500 });
  for (const allowed of [3, 4, 5]) {
    expect(await node.occupy()).toBe(allowed);
    await node.elapse(4);
    await node.report({ gapMs: 500 });
  }
});

test('an association too many for a slow node has to be given back by those that can, at one that refuses by nobody', async () => {
  await using node = await openNode();
  const { nodeId, pool } = node;
  await node.client.pacsPace.deleteMany();
  const taken = [];
  for (let no = 0; no < 4; no += 1) taken.push(await acquireSlot(pool, { nodeId, holder: 'h', ttlMs: 60_000 }));
  const [, , third, last] = taken;
  if (!third || !last) throw new Error('no slots');
  await node.report({ gapMs: 500 });
  expect(await renewSlot(pool, last, 60_000, true)).toBe(false);
  expect(await renewSlot(pool, last, 60_000)).toBe(true);
  expect(await renewSlot(pool, third, 60_000, true)).toBe(true);
  await node.elapse(6);
  await node.report('overloaded');
  expect(await renewSlot(pool, last, 60_000, true)).toBe(true);
});

test('what twelve processes report at once counts once', async () => {
  await using node = await openNode();
  await node.report({ gapMs: 10 });
  const twelve = (experience: Experience) => Promise.all(Array.from({ length: 12 }, () => node.report(experience)));
  await twelve({ gapMs: 1_000 });
  expect(await node.free()).toBe(6);
  await node.elapse(6);
  await twelve('overloaded');
  expect(await node.free()).toBe(3);
});

test('requests are spaced wider at a lowered pace', async () => {
  await using node = await openNode();
  await node.client.node.update({ where: { id: node.nodeId }, data: { requestsPerMinute: 2 } });
  const second = async () => {
    await node.pool.query(`UPDATE pacs_rate SET tat = '-infinity' WHERE node_id = $1`, [node.nodeId]);
    await reserveRequest(node.pool, node.nodeId);
    return reserveRequest(node.pool, node.nodeId);
  };
  const before = await second();
  await node.report('overloaded');
  expect(await second()).toBeGreaterThan(before * 1.9);
});

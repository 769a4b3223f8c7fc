import { expect, test } from 'vitest';
import { openWorld } from './harness/world.ts';
import { reserveBytes, reserveInstant, reserveRequest } from './rate.ts';

/** A server with a limit; `elapse` lets time pass for it. */
async function openNode(requestsPerMinute: number | null) {
  const world = await openWorld();
  const { pool, client } = world.database;
  const nodeId = world.sourceId;
  await client.node.update({ where: { id: nodeId }, data: { requestsPerMinute } });
  return {
    client,
    pool,
    nodeId,
    reserve: () => reserveRequest(pool, nodeId),
    elapse: (ms: number) =>
      pool.query(`UPDATE pacs_rate SET tat = tat - $2 * interval '1 ms' WHERE node_id = $1`, [nodeId, ms]),
    [Symbol.asyncDispose]: () => world[Symbol.asyncDispose](),
  };
}

test('a node without a limit is asked at once', async () => {
  await using node = await openNode(null);
  expect(await Promise.all(Array.from({ length: 20 }, node.reserve))).toEqual(Array(20).fill(0));
});

test.each([1, 2, 5, 60, 700])('%i requests a minute: never more, whoever asks and whenever', async (limit) => {
  await using node = await openNode(limit);
  const { pool, nodeId, elapse } = node;
  const times: number[] = [];
  let passed = 0;
  const client = async () => {
    for (let turn = 0; turn < 80; turn++) {
      const { instant, now } = (await reserveInstant(pool, nodeId)) ?? { instant: 0, now: 0 };
      times.push(Math.max(instant, now) + passed);
    }
  };
  for (const pause of [0, 40_000, 61_000]) {
    await elapse(pause);
    passed += pause;
    await Promise.all([client(), client(), client(), client()]);
  }
  times.sort((a, b) => a - b);
  const spans = times.slice(limit).map((time, index) => time - (times[index] ?? 0));
  expect(spans.length).toBe(960 - limit);
  expect(Math.min(60_000, ...spans.map(Math.round))).toBe(60_000);
});

test('a limit that is set or changed later holds from then on', async () => {
  await using node = await openNode(null);
  const { client, nodeId, reserve } = node;
  expect(await reserve()).toBe(0);
  await client.node.update({ where: { id: nodeId }, data: { requestsPerMinute: 2 } });
  expect(await reserve()).toBe(0);
  expect(await reserve()).toBeGreaterThan(50_000);
  await client.node.update({ where: { id: nodeId }, data: { requestsPerMinute: null } });
  expect(await reserve()).toBe(0);
});

test('bytes are given out one after the other, as many as the limit lets through', async () => {
  await using node = await openNode(null);
  const { client, pool } = node;
  expect(await reserveBytes(pool, node.nodeId, 1_000)).toBeUndefined();
  await client.node.update({ where: { id: node.nodeId }, data: { megabytesPerSecond: 0.5 } });
  const begun = Date.now();
  const grants = await Promise.all(Array.from({ length: 10 }, () => reserveBytes(pool, node.nodeId, 1_000)));
  expect(grants.map((grant) => grant?.bytes)).toEqual(Array.from({ length: 10 }, () => 100_000));
  const { bytesUntil } = await client.pacsRate.findUniqueOrThrow({ where: { nodeId: node.nodeId } });
  expect(bytesUntil.getTime() - begun).toBeGreaterThanOrEqual(10 * 200);
  expect((await reserveBytes(pool, node.nodeId, 5_000_000))?.bytes).toBe(5_000_000);
});

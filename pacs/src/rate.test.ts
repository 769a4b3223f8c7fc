import { storageProposals } from '@viaduct/dicom/dimse';
import { expect, test } from 'vitest';
import type { CallOptions } from './gateway.ts';
import { openSite, sinkInto } from './harness/site.ts';
import type { GatewayNode } from './node.ts';

const CT = '1.2.840.10008.5.1.4.1.1.2';

/** A server that takes two requests in any minute, and a way to let time pass for it. */
async function openLimited() {
  const site = await openSite();
  const { pool, client } = site.database;
  const node = await site.server(site.pacs);
  await client.node.update({ where: { id: node.id }, data: { requestsPerMinute: 2 } });
  const { studyInstanceUID: studyInstanceUid } = site.study;
  const { gateway } = site;
  return {
    site,
    node,
    asked: async () => (await site.pacs.state()).requests.length,
    /** The next request may be sent in `ms`. */
    freeIn: (ms: number) =>
      pool.query(`UPDATE pacs_rate SET tat = clock_timestamp() + $2 * interval '1 ms' WHERE node_id = $1`, [
        node.id,
        ms,
      ]),
    ways: {
      series: (to: GatewayNode, call: CallOptions) => gateway.findSeries(to, studyInstanceUid, call),
      search: (to: GatewayNode, call: CallOptions) => gateway.findStudies(to, {}, call).next(),
      get: (to: GatewayNode, call: CallOptions) =>
        gateway.get(to, { studyInstanceUid }, storageProposals([CT]), sinkInto(site.folder), call),
      move: (to: GatewayNode, call: CallOptions) => gateway.move(to, { studyInstanceUid }, 'VIADUCT_RX', call),
    },
    [Symbol.asyncDispose]: () => site[Symbol.asyncDispose](),
  };
}

test.each(['series', 'search', 'get', 'move'] as const)(
  '%s beyond the limit of requests waits until it is stopped, and is not sent',
  async (way) => {
    await using limited = await openLimited();
    const { node, ways, asked, freeIn } = limited;
    await ways.series(node, {});
    expect(await asked()).toBe(1);
    await freeIn(60_000);
    const stop = new AbortController();
    const reason = new Error('stopped');
    let until: Date | null = null;
    const waiting = ways[way](node, { signal: stop.signal, onRate: (instant) => void (until ??= instant) });
    await Promise.all([
      expect(waiting).rejects.toBe(reason),
      expect
        .poll(() => until, { timeout: 10_000 })
        .toBeInstanceOf(Date)
        .then(() => stop.abort(reason)),
    ]);
    expect(await asked()).toBe(1);
  },
);

test('a request is sent when its turn has come', async () => {
  await using limited = await openLimited();
  const { node, ways, asked, freeIn } = limited;
  await freeIn(1_500);
  const told: [boolean, number][] = [];
  const onRate = async (until: Date | null) => void told.push([until === null, await asked()]);
  expect(await ways.series(node, { onRate })).toHaveLength(2);
  expect(told).toEqual([
    [false, 0],
    [true, 0],
  ]);
  expect(await asked()).toBe(1);
});

test('every query of a search for several modalities has its turn', async () => {
  await using limited = await openLimited();
  const { site, node, asked } = limited;
  const stop = new AbortController();
  const search = site.gateway.findStudies(
    node,
    { modalities: ['MR', 'CT'] },
    { signal: stop.signal, onRate: () => stop.abort() },
  );
  await expect(search.next()).rejects.toThrow();
  expect(await asked()).toBe(1);
});

test('a node without a limit is asked at once, and a slot says for which job', async () => {
  await using site = await openSite();
  const node = await site.server(site.pacs);
  const jobId = '00000000-0000-7000-8000-000000000009';
  const holders: (string | null)[] = [];
  for await (const study of site.gateway.findStudies(node, {}, { jobId })) {
    expect(study.studyInstanceUid).toBe(site.study.studyInstanceUID);
    for (const slot of await site.database.client.pacsSlot.findMany({ where: { holder: { not: null } } }))
      holders.push(slot.jobId);
  }
  expect(holders).toEqual([jobId]);
});

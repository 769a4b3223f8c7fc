import { acquireSlot, releaseSlot } from '@viaduct/prisma';
import { createRandom, type PacsState, uidOf, waitFor } from '@viaduct/testing';
import { describe, expect, test } from 'vitest';
import { openSite, type Site } from './harness/site.ts';

const INSTANCES = 60;
const total = (counts: PacsState['received']) => Object.values(counts).reduce((sum, count) => sum + count, 0);
const repeated = (counts: PacsState['received']) => Object.values(counts).filter((count) => count > 1).length;

/** Kills the worker when the destination has received so many instances, and starts it again. */
async function killAt(site: Site, received: number, worker: { kill(): Promise<void> }): Promise<void> {
  await waitFor(async () => total((await site.b.state()).received) >= received, { deadlineMs: 60_000, intervalMs: 10 });
  await worker.kill();
}

// Each has a site of its own, and mostly waits.
describe.concurrent('with real processes', () => {
  test.each([
    { retrieveMethod: 'c-get', pseudonymize: false, seed: 'one' },
    { retrieveMethod: 'c-get', pseudonymize: true, seed: 'two' },
    { retrieveMethod: 'c-move', pseudonymize: false, seed: 'three' },
  ] as const)(
    'a worker killed three times ($retrieveMethod, pseudonymized: $pseudonymize) asks and sends nothing twice but what is in flight',
    { timeout: 180_000 },
    async ({ retrieveMethod, pseudonymize, seed }) => {
      const random = createRandom(seed);
      await using site = await openSite({ retrieveMethod, studies: [{ label: 's', instances: INSTANCES }] });
      await site.a.setFaults({ delayMs: 15 });
      await site.b.setFaults({ delayMs: 25 });
      let worker = await site.startWorker();
      const job = await site.startJob({ study: uidOf('s'), pseudonymize });
      const kills = [1, 2, 3].map((part) => random.integer((part - 1) * 18, part * 18));
      for (const received of kills) {
        await killAt(site, received, worker);
        worker = await site.startWorker();
      }
      expect(await job.ended(90_000)).toBe('success');
      expect(await site.b.instances()).toHaveLength(INSTANCES);
      // At each kill one association with the source and two with the destination may have had an instance in flight.
      expect(repeated((await site.a.state()).delivered)).toBeLessThanOrEqual(kills.length);
      expect(repeated((await site.b.state()).received)).toBeLessThanOrEqual(2 * kills.length);
    },
  );

  test('a second host takes over when the first is gone for good', { timeout: 180_000 }, async () => {
    await using site = await openSite({ studies: [{ label: 's', instances: 40 }] });
    await site.b.setFaults({ delayMs: 100 });
    const first = await site.startWorker();
    const job = await site.startJob({ study: uidOf('s') });
    await killAt(site, 10, first);
    expect(await site.b.instances()).not.toHaveLength(40);
    await site.b.setFaults({});
    await site.startWorker('two');
    expect(await job.ended(150_000)).toBe('success');
    expect(await site.b.instances()).toHaveLength(40);
    expect(repeated((await site.b.state()).received)).toBeLessThanOrEqual(2);
  });

  test('a worker that is told to end leaves the rest to the next one', { timeout: 120_000 }, async () => {
    await using site = await openSite({ studies: [{ label: 's', instances: INSTANCES }] });
    await site.b.setFaults({ delayMs: 25 });
    const worker = await site.startWorker();
    const job = await site.startJob({ study: uidOf('s') });
    await waitFor(async () => total((await site.b.state()).received) >= 15, { deadlineMs: 60_000 });
    const asked = performance.now();
    expect(await worker.stop()).toBe(0);
    expect(performance.now() - asked).toBeLessThan(10_000);
    await site.startWorker();
    expect(await job.ended()).toBe('success');
    expect(repeated((await site.a.state()).delivered)).toBe(0);
    expect(repeated((await site.b.state()).received)).toBe(0);
  });

  test('cancel ends the associations within seconds', { timeout: 120_000 }, async () => {
    await using site = await openSite({ studies: [{ label: 's', instances: 300 }] });
    await site.a.setFaults({ delayMs: 30 });
    await site.b.setFaults({ delayMs: 30 });
    await site.startWorker();
    const job = await site.startJob({ study: uidOf('s') });
    await waitFor(async () => total((await site.b.state()).received) >= 5, { deadlineMs: 60_000 });
    await site.cancel(job.id);
    expect(await job.ended(10_000)).toBe('canceled');
    const { openAssociations, received } = await site.b.state();
    expect(openAssociations).toBe(0);
    expect(total(received)).toBeLessThan(300);
  });

  test(
    'a retrieve gives up an association too many for a slow source, and goes on later',
    { timeout: 120_000 },
    async () => {
      await using site = await openSite({ studies: [{ label: 's', instances: INSTANCES }] });
      const { client, pool } = site.database;
      const nodeId = site.nodes.a;
      await site.a.setFaults({ delayMs: 100 });
      const first = await acquireSlot(pool, { nodeId, holder: 'other', ttlMs: 120_000 });
      if (!first) throw new Error('no slot');
      await site.startWorker();
      const job = await site.startJob({ study: uidOf('s') });
      await waitFor(async () => total((await site.a.state()).delivered) >= 5, { deadlineMs: 60_000, intervalMs: 10 });
      await client.pacsPace.update({ where: { nodeId }, data: { pace: 0.5, ceiling: 2, ceilingGapMs: 1_000 } });
      await site.waits(job.id, 'slot');
      expect((await site.a.state()).openAssociations).toBe(0);
      await site.a.setFaults({});
      await releaseSlot(pool, first);
      expect(await job.ended()).toBe('success');
      expect(await site.b.instances()).toHaveLength(INSTANCES);
      expect(repeated((await site.a.state()).delivered)).toBeLessThanOrEqual(1);
    },
  );

  test('a destination that is away is waited for', { timeout: 120_000 }, async () => {
    await using site = await openSite({ studies: [{ label: 's', instances: 10 }] });
    await site.b.setFaults({ refuseAssociation: 'transient' });
    await site.startWorker();
    const job = await site.startJob({ study: uidOf('s') });
    const task = () => site.database.client.task.findFirstOrThrow({ where: { jobId: job.id } });
    await waitFor(async () => JSON.stringify((await task()).wait)?.includes('destination-down'), {
      deadlineMs: 30_000,
    });
    await site.b.setFaults({});
    expect(await job.ended()).toBe('success');
  });
});

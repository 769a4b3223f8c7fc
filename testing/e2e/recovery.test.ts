import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createRandom, waitFor, writeStudy } from '@viaduct/testing';
import { jobIs, signIn } from '@viaduct/testing/product';
import { countedMoreThan, setScene, type Scene } from './scene.ts';

const INSTANCES = 500;
/** In milliseconds after the first instance was delivered: spread over the whole transfer. */
const LONGEST_MS = 2_500;
/** The whole series is `VIADUCT_KILLS=20`; a kill costs about 20 s, most of it Temporal's own time-outs. */
const KILLS = Number(process.env.VIADUCT_KILLS ?? 2);

describe('a transfer of 500 instances survives kill -9', () => {
  let scene: Scene;

  beforeAll(async () => {
    scene = await setScene({ studies: [], source: { delayMs: 4 }, destination: { delayMs: 4 } });
  });
  afterAll(() => scene[Symbol.asyncDispose]());

  async function start(label: string) {
    const study = await writeStudy(scene.sourceFolder, { label, instances: INSTANCES, series: 2, patientId: label });
    await scene.source.rescan();
    await scene.source.reset();
    await scene.destination.reset();
    return scene.transfer({ studies: [study] });
  }

  const delivered = async () => Object.keys((await scene.source.state()).delivered).length;

  /** What the two PACS counted: each instance once, but for those in flight when the process died. */
  async function expectOnce(inFlight: number) {
    const [source, destination] = [await scene.source.state(), await scene.destination.state()];
    expect(Object.keys(source.delivered)).toHaveLength(INSTANCES);
    expect(Object.keys(destination.received)).toHaveLength(INSTANCES);
    expect(countedMoreThan(source.delivered, 1)).toBeLessThanOrEqual(inFlight);
    expect(countedMoreThan(destination.received, 1)).toBeLessThanOrEqual(inFlight);
    expect(source.peakAssociations).toBeLessThanOrEqual(4);
    expect(destination.peakAssociations).toBeLessThanOrEqual(4);
  }

  const random = createRandom('kills');
  test.each(Array.from({ length: KILLS }, (_, index) => ({ index, afterMs: random.integer(0, LONGEST_MS) })))(
    'of the worker, $afterMs ms into the transfer',
    async ({ index, afterMs }) => {
      const job = await start(`kill-${index}`);
      await waitFor(async () => (await delivered()) > 0, { deadlineMs: 30_000, what: 'the transfer to begin' });
      const at = performance.now() + afterMs;
      await waitFor(() => performance.now() >= at, { intervalMs: 1 });
      scene.product.kill('worker');
      await jobIs(scene.client, job.id, 'success', 60_000);
      await expectOnce(2);
    },
  );

  test.each(['api', 'postgres', 'temporal'] as const)('of %s', async (name) => {
    const job = await start(`kill-${name}`);
    await waitFor(async () => (await delivered()) > INSTANCES / 4, { deadlineMs: 30_000, what: 'a quarter' });
    scene.product.kill(name);
    await jobIs(scene.client, job.id, 'success', 90_000);
    await expectOnce(2);
  });

  test('of the supervisor, followed by a new start', async () => {
    const job = await start('kill-supervisor');
    await waitFor(async () => (await delivered()) > INSTANCES / 4, { deadlineMs: 30_000, what: 'a quarter' });
    scene.product.kill('supervisor');
    scene.product = await scene.product.startAgain();
    scene.client = await signIn(scene.product);
    await jobIs(scene.client, job.id, 'success', 90_000);
    await expectOnce(4);
  });
});

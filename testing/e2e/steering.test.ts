import type { Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import type { Job } from '@viaduct/client';
import { waitFor, writeStudy } from '@viaduct/testing';
import type { WrittenStudy } from '@viaduct/testing';
import { answered, jobIs, jobWhen, tasksOf } from '@viaduct/testing/product';
import { openLive, press, shows, tells } from './jobPage.ts';
import { countedMoreThan, type Scene } from './scene.ts';
import { openStage, type Stage } from './stage.ts';

const INSTANCES = 500;
/** Of studies that need not be larger. */
const FEW = 200;
/** Pause of both PACS before each instance while a test is at work, ms: a study outlasts a slow page. */
const SLOWLY = { delayMs: 100 };
/** Within this a running transfer has stopped, ms. */
const STOPS_WITHIN_MS = 10_000;
const ENDS_WITHIN_MS = 60_000;

describe('a job of 2 studies of 500 images', () => {
  let stage: Stage;
  let scene: Scene;
  let page: Page;
  let jobs = 0;

  beforeAll(async () => {
    stage = await openStage({ studies: [] });
    ({ scene, page } = stage);
  });
  afterAll(() => stage?.[Symbol.asyncDispose]());
  beforeEach(async () => {
    await Promise.all([scene.source, scene.destination].map((pacs) => pacs.reset()));
    await stage.play(SLOWLY);
  });

  /** Starts a job of two studies, opens its page and waits until so many of them are under way. */
  async function start({ studies = 2, instances = INSTANCES } = {}): Promise<Job> {
    const label = `steering-${++jobs}`;
    const written: WrittenStudy[] = [];
    for (const no of [1, 2]) {
      const name = `${label}-${no}`;
      written.push(await writeStudy(scene.sourceFolder, { label: name, instances, patientId: name }));
    }
    await scene.source.rescan();
    const job = await scene.transfer({ studies: written });
    await openLive(page, `/jobs/${job.id}`);
    const underWay = async () =>
      (await tasksOf(scene.client, job.id)).filter((task) => task.instances.stored > 0).length >= studies;
    await waitFor(underWay, { deadlineMs: 30_000, intervalMs: 200, what: 'the transfer to be under way' });
    return job;
  }

  const received = async () => Object.keys((await scene.destination.state()).received).length;

  test('paused at once: the destination receives no more, and it ends with every image once', async () => {
    const job = await start();
    const asked = await press(page, 'pause', 'interrupt');
    await shows(page, 'Paused');
    const paused = Date.now();
    await tells(page, /Pause \(interrupt\) by .+: applied/);
    await stage.expectQuiet();
    expect(paused - asked).toBeLessThan(STOPS_WITHIN_MS);
    expect(await received()).toBeLessThan(2 * INSTANCES);

    await page.reload();
    await shows(page, 'Paused');
    await stage.play();
    const resumed = Date.now();
    await press(page, 'resume');
    await shows(page, 'Done', ENDS_WITHIN_MS);
    expect((await stage.arrivals()).filter((at) => at > paused && at < resumed)).toEqual([]);
    await jobIs(scene.client, job.id, 'success');
    await stage.expectOnce(2 * INSTANCES);
  });

  test('paused after the running parts: what runs is finished, nothing else begins', async () => {
    const limit = (maxAssociations: number) => {
      const params = { path: { id: scene.sourceId } };
      return answered(scene.client.PATCH('/api/v1/nodes/{id}', { params, body: { maxAssociations } }));
    };
    // One study at a time, so that one runs and the other waits when the pause comes.
    await limit(1);
    onTestFinished(async () => void (await limit(4)));
    const job = await start({ studies: 1 });
    await press(page, 'pause', 'drain');
    await tells(page, /Pause \(drain\) by .+: applied/);
    await shows(page, 'Pausing …');
    await stage.play();
    await shows(page, 'Paused', ENDS_WITHIN_MS);
    const paused = Date.now();
    await stage.expectQuiet();
    expect(await received()).toBe(INSTANCES);
    const held = await tasksOf(scene.client, job.id);
    expect(held.map(({ state }) => state).sort()).toEqual(['pending', 'success']);

    const resumed = Date.now();
    await press(page, 'resume');
    await shows(page, 'Done', ENDS_WITHIN_MS);
    expect((await stage.arrivals()).filter((at) => at > paused && at < resumed)).toEqual([]);
    await stage.expectOnce(2 * INSTANCES);
  });

  test('canceled in the middle of its studies: it stops within 10 s, and can be taken up again', async () => {
    const job = await start();
    const asked = await press(page, 'cancel');
    await shows(page, 'Canceled');
    await stage.expectQuiet();
    expect(await received()).toBeLessThan(2 * INSTANCES);
    expect(Math.max(...(await stage.arrivals())) - asked).toBeLessThan(STOPS_WITHIN_MS);
    await jobIs(scene.client, job.id, 'canceled');

    await stage.play();
    await press(page, 'retry-failed');
    await shows(page, 'Done', ENDS_WITHIN_MS);
    await stage.expectOnce(2 * INSTANCES);
  });

  test('paused while no worker is alive: the request is kept and shown as taken, later applied', async () => {
    const job = await start({ instances: FEW });
    scene.product.kill('worker');
    await press(page, 'pause', 'interrupt');
    await tells(page, /Pause \(interrupt\) by .+: taken/);
    await tells(page, /Pause \(interrupt\) by .+: applied/, ENDS_WITHIN_MS);
    await shows(page, 'Paused', ENDS_WITHIN_MS);
    await stage.expectQuiet();
    expect(await received()).toBeLessThan(2 * FEW);

    await stage.play();
    await press(page, 'resume');
    await shows(page, 'Done', ENDS_WITHIN_MS);
    await jobIs(scene.client, job.id, 'success');
    const { received: counts } = await scene.destination.state();
    expect(Object.keys(counts)).toHaveLength(2 * FEW);
    // In flight when the worker died: at most one per open association.
    expect(countedMoreThan(counts, 1)).toBeLessThanOrEqual(4);
  });

  test('one study paused, the other canceled; resumed and retried each for itself', async () => {
    const job = await start({ instances: FEW });
    await openLive(page, `/jobs/${job.id}/tasks/1`);
    await press(page, 'pause', 'interrupt');
    await shows(page, 'Paused');
    expect((await tasksOf(scene.client, job.id)).map(({ state }) => state)).toEqual(['paused', 'running']);

    await openLive(page, `/jobs/${job.id}/tasks/2`);
    const asked = await press(page, 'cancel');
    await shows(page, 'Canceled');
    await stage.expectQuiet();
    expect(Math.max(...(await stage.arrivals())) - asked).toBeLessThan(STOPS_WITHIN_MS);
    await jobIs(scene.client, job.id, 'paused');

    await stage.play();
    await press(page, 'retry-failed');
    await shows(page, 'Done', ENDS_WITHIN_MS);
    await openLive(page, `/jobs/${job.id}/tasks/1`);
    await shows(page, 'Paused');
    await press(page, 'resume');
    await shows(page, 'Done', ENDS_WITHIN_MS);
    await jobWhen(scene.client, job.id, ({ state }) => state === 'success', 'job to be done');
    await stage.expectOnce(2 * FEW);
  });
});

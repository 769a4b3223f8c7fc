import type { Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { NodePatch, WindowsInput } from '@viaduct/client';
import { waitFor, writeStudy } from '@viaduct/testing';
import type { WrittenStudy } from '@viaduct/testing';
import { answered, ask, jobWhen } from '@viaduct/testing/product';
import { openLive, shows } from './jobPage.ts';
import type { Scene } from './scene.ts';
import { openStage, type Stage } from './stage.ts';

/** Pause of both PACS before each instance, ms, and a study that takes longer than the rest of any minute then. */
const SLOWLY = { delayMs: 250 };
const LONG = 600;
const SHORT = 120;
const MINUTE_MS = 60_000;
/** A window does not close sooner than this, so that a transfer is under way by then, ms. */
const AT_LEAST_MS = 15_000;
/** What is in flight when a window closes may still arrive for this long, ms. */
const IN_FLIGHT_MS = 2_000;
const ENDS_WITHIN_MS = 60_000;

let stage: Stage;
let scene: Scene;
let page: Page;
let studies = 0;

beforeAll(async () => {
  stage = await openStage({ studies: [] });
  ({ scene, page } = stage);
});
afterAll(() => stage?.[Symbol.asyncDispose]());
beforeEach(async () => {
  await Promise.all([scene.source, scene.destination].map((pacs) => pacs.reset()));
  await stage.play(SLOWLY);
});

async function newStudy(instances: number): Promise<WrittenStudy> {
  const label = `windows-${++studies}`;
  const study = await writeStudy(scene.sourceFolder, { label, instances, patientId: label });
  await scene.source.rescan();
  return study;
}

const underWay = () =>
  waitFor(async () => (await stage.arrivals()).length > 0, { deadlineMs: 30_000, what: 'the transfer' });

/** The next whole minute that is far enough away, ms since 1970. */
function nextMinute(): number {
  return Math.ceil((Date.now() + AT_LEAST_MS) / MINUTE_MS) * MINUTE_MS;
}

const timeOf = (at: number) => new Date(at).toISOString().slice(11, 16);
const hours = (from: number, to: number): WindowsInput => ({
  timeZone: 'UTC',
  weekly: [{ days: [1, 2, 3, 4, 5, 6, 7], from: timeOf(from), to: timeOf(to) }],
});

async function changeSource(body: NodePatch): Promise<void> {
  await answered(scene.client.PATCH('/api/v1/nodes/{id}', { params: { path: { id: scene.sourceId } }, body }));
}

test('a window that closes in the middle of a study parks it at the next image; changed, it goes on there', async () => {
  const closes = nextMinute();
  const windows = hours(closes - 60 * MINUTE_MS, closes);
  const job = await scene.transfer({ studies: [await newStudy(LONG)], schedule: { windows } });
  await openLive(page, `/jobs/${job.id}`);
  await underWay();
  await shows(page, 'Running');

  await shows(page, 'Waiting', closes - Date.now() + 20_000);
  await page.getByText('Outside the hours of this job').first().waitFor();
  await stage.expectQuiet();
  const before = await stage.arrivals();
  expect(before.length).toBeLessThan(LONG);
  expect(Math.max(...before)).toBeLessThan(closes + IN_FLIGHT_MS);

  await stage.play();
  await ask(scene.client, job.id, { action: 'set-schedule', value: { windows: null } });
  await shows(page, 'Done', ENDS_WITHIN_MS);
  await stage.expectOnce(LONG);
});

test('a node that opens in a minute: its job waits, says for whom, and begins by itself', async () => {
  await stage.play();
  const opens = nextMinute();
  await changeSource({ windows: hours(opens, opens + 60 * MINUTE_MS) });
  const job = await scene.transfer({ studies: [await newStudy(SHORT)] });
  await openLive(page, `/jobs/${job.id}`);
  await shows(page, 'Waiting');
  await page.getByText('Outside the hours of Source').first().waitFor();
  const { wait } = await jobWhen(scene.client, job.id, (now) => now.wait !== null, 'a reason');
  expect(Date.parse(wait?.until ?? '')).toBe(opens);

  await shows(page, 'Done', opens - Date.now() + ENDS_WITHIN_MS);
  expect(Math.min(...(await stage.arrivals()))).toBeGreaterThanOrEqual(opens);
  await stage.expectOnce(SHORT);
  await changeSource({ windows: null });
});

test('a suspended node stops its studies at the next image; resumed, they go on there', async () => {
  const path = { id: scene.sourceId };
  const job = await scene.transfer({ studies: [await newStudy(SHORT)] });
  await openLive(page, `/jobs/${job.id}`);
  await underWay();
  await answered(scene.client.POST('/api/v1/nodes/{id}/suspend', { params: { path }, body: { reason: 'New disks.' } }));
  await shows(page, 'Waiting');
  await page.getByText('Source is suspended: New disks, since ').first().waitFor();
  expect((await stage.arrivals()).length).toBeLessThan(SHORT);

  await stage.play();
  await answered(scene.client.POST('/api/v1/nodes/{id}/resume', { params: { path } }));
  await shows(page, 'Done', ENDS_WITHIN_MS);
  await stage.expectOnce(SHORT);
});

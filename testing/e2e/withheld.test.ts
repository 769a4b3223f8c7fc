import { afterAll, beforeAll, expect, test } from 'vitest';
import { jobIs, ledgerOf } from '@viaduct/testing/product';
import { openLive, press, shows } from './jobPage.ts';
import { countedMoreThan } from './scene.ts';
import { openStage, type Stage } from './stage.ts';

const INSTANCES = 100;
const WITHHELD = [7, 41, 93];
const ENDS_WITHIN_MS = 60_000;

let stage: Stage;

beforeAll(async () => {
  stage = await openStage({ studies: [{ label: 'withheld', instances: INSTANCES, series: 2 }] });
});
afterAll(() => stage?.[Symbol.asyncDispose]());

test('images that the source withholds are listed; a retry asks for exactly those', async () => {
  const { scene, page } = stage;
  const [study] = scene.studies;
  const uids = study?.instances.map(({ sopInstanceUID }) => sopInstanceUID) ?? [];
  const withheld = uids.filter((_uid, index) => WITHHELD.includes(index)).sort();
  await scene.source.setFaults({ withhold: withheld });
  const job = await scene.transfer();
  await jobIs(scene.client, job.id, 'failure', ENDS_WITHIN_MS);

  const ledger = await ledgerOf(scene.client, job.id, 1);
  const gaps = ledger.filter(({ state }) => state === 'missing');
  expect(gaps.map(({ sopInstanceUid }) => sopInstanceUid).sort()).toEqual(withheld);
  expect(gaps.map(({ failure }) => failure?.cause)).toEqual(WITHHELD.map(() => 'instance-withheld'));
  expect(ledger.filter(({ state }) => state === 'verified')).toHaveLength(INSTANCES - withheld.length);

  await openLive(page, `/jobs/${job.id}/tasks/1`);
  await page.getByText('Source lists 3 images that it does not send.').first().waitFor();
  await page.getByText('· 3 of 100 images missing').waitFor();
  const listed = page.getByRole('row').filter({ hasText: 'Missing' });
  expect(await listed.count()).toBe(withheld.length);

  await openLive(page, `/jobs/${job.id}`);
  await shows(page, 'Failed');
  await scene.source.setFaults({});
  await scene.source.reset();
  await press(page, 'retry-failed');
  await shows(page, 'Done', ENDS_WITHIN_MS);
  await jobIs(scene.client, job.id, 'success');

  const { requests, delivered } = await scene.source.state();
  const asked = requests.filter(({ operation }) => operation === 'get' || operation === 'move');
  expect(new Set(asked.map(({ level }) => level))).toEqual(new Set(['IMAGE']));
  expect(asked.flatMap(({ instances }) => instances).sort()).toEqual(withheld);
  expect(Object.keys(delivered).sort()).toEqual(withheld);
  expect(countedMoreThan(delivered, 1)).toBe(0);
  const { received } = await scene.destination.state();
  expect(Object.keys(received)).toHaveLength(INSTANCES);
  expect(countedMoreThan(received, 1)).toBe(0);
});

import { execFileSync } from 'node:child_process';
import { cp, readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Job } from '@viaduct/client';
import { tagOf } from '@viaduct/dicom/dictionary';
import { editFile } from '@viaduct/dicom/part10';
import { answered, createJob, jobWhen } from '@viaduct/testing/product';
import { accessibilityViolations } from '../src/browser.ts';
import { openLive, shows } from './jobPage.ts';
import type { Scene } from './scene.ts';
import { openStage, type Stage } from './stage.ts';

/** An ultrasound image with the patient written into its first rows, 1,024 × 768 pixels of 8 bits. */
const ULTRASOUND = path.join(import.meta.dirname, '../dicom/us/GREYSCALE_IMAGE.dcm');
const COLUMNS = 1024;
const ROWS = 768;
const TEXT_ROWS = 25;
const ENDS_WITHIN_MS = 60_000;

let stage: Stage;
let scene: Scene;
let page: Page;

beforeAll(async () => {
  stage = await openStage({ studies: [] });
  ({ scene, page } = stage);
});
afterAll(() => stage?.[Symbol.asyncDispose]());

const press = (name: string) => page.getByRole('button', { name, exact: true }).click();

/** Puts another study of that ultrasound into the source; returns its UID. */
async function newUltrasound(name: string): Promise<string> {
  const file = path.join(scene.sourceFolder, `${name}.dcm`);
  await cp(ULTRASOUND, file);
  execFileSync('dcmodify', ['-nb', '-gst', '-gse', '-gin', file], { stdio: 'ignore' });
  await scene.source.rescan();
  let uid = '';
  await editFile(file, (facts) => {
    uid = facts.text(tagOf('StudyInstanceUID'))[0] ?? '';
    return { visit: () => 'keep' };
  });
  return uid;
}

function transfer(studyInstanceUid: string): Promise<Job> {
  const { projectId, destinationId, sourceId } = scene;
  const studies = [{ sourceId, studyInstanceUid }];
  const how = { pseudonymize: true, urgent: false, schedule: null };
  return createJob(scene.client, { kind: 'selective', projectId, destinationId, ...how, studies });
}

async function pixelsOf(file: string): Promise<Buffer> {
  const { bulk } = await editFile(file, { visit: () => 'keep' });
  if (!bulk) throw new Error('no pixels');
  return (await readFile(file)).subarray(bulk.end - ROWS * COLUMNS, bulk.end);
}

/** The pixels that the destination has of its only image. */
async function arrivedPixels(): Promise<Buffer> {
  const folder = scene.destination.dir;
  const [name = ''] = (await readdir(folder, { recursive: true })).filter((each) => each.endsWith('.dcm'));
  return pixelsOf(path.join(folder, name));
}

test('a profile is copied, told where it is weak, saved, changed, and named by a project', async () => {
  await page.goto('/profiles/research');
  await page.getByRole('link', { name: 'Make a copy' }).click();
  await page.getByLabel('Name', { exact: true }).fill('Hearts');
  await page.getByLabel('Short name').fill('hearts');
  await page.getByLabel('Rule 1: Attribute').fill('InstitutionName');
  await page.getByLabel('Rule 1: What is done').selectOption({ label: 'Keep' });
  await page.getByLabel('Rule 2: Module').fill('Patient Study');
  await page.getByLabel('Rule 2: What is done').selectOption({ label: 'Keep' });
  await press('Check');
  await page.getByText('Rule 1 is weaker than the Basic Profile').waitFor();
  await page.getByText('Rule 2 lets attributes of the module Patient Study through').waitFor();
  expect(await accessibilityViolations(page)).toEqual([]);
  await press('Create profile');
  await page.getByRole('heading', { level: 1, name: 'Hearts' }).waitFor();

  await page.getByRole('link', { name: 'Change' }).click();
  await page.getByLabel('Rule 1: Attribute').fill('NoSuchThing');
  await press('Save as a new version');
  await page.getByText('neither a keyword').first().waitFor();
  await page.getByLabel('Rule 1: Attribute').fill('StationName');
  await press('Save as a new version');
  await page.getByText('The new version is saved.').waitFor();
  expect(await page.getByRole('region', { name: 'Versions' }).getByRole('listitem').count()).toBe(2);

  await page.goto('/projects');
  await page.getByLabel('Profile: Scene').selectOption({ label: 'Hearts' });
  await press('Change profile');
  await page.getByText('Scene goes by hearts').first().waitFor();
});

test('a preview shows each element before and after with its rule, and the pixels at risk', async () => {
  const uid = await newUltrasound('previewed');
  await page.goto('/preview');
  await page.getByLabel('Source').selectOption({ label: 'Source' });
  await page.getByLabel('Study Instance UID').fill(uid);
  await page.getByLabel('Project', { exact: true }).selectOption({ label: 'Scene' });
  await press('Show preview');
  const table = page.getByRole('table', { name: 'Elements before and after' });
  const name = table.getByRole('row').filter({ hasText: /^\s*PatientName/ });
  await name.waitFor();
  expect(await name.innerText()).toMatch(/ZZZ TEST PATIENT.*replaced\s+pseudonym and trial/s);
  await page.getByText('The image waits until somebody has looked at it.').waitFor();
  expect((await page.getByRole('img', { name: /^The image/ }).boundingBox())?.width).toBeGreaterThan(0);
  const all = await table.getByRole('row').count();
  await page.getByRole('button', { name: /^Removed/ }).click();
  expect(await table.getByRole('row').count()).toBeLessThan(all);
  expect(await name.count()).toBe(0);
  expect(await accessibilityViolations(page)).toEqual([]);
  expect((await scene.destination.state()).received).toEqual({});
});

test('a held image waits for its review, goes out masked as drawn, and the device is remembered', async () => {
  const job = await transfer(await newUltrasound('first'));
  await openLive(page, `/jobs/${job.id}`);
  await shows(page, 'Needs you', ENDS_WITHIN_MS);
  await page.getByText('Images have to be looked at').first().waitFor();

  await page.goto(`/jobs/${job.id}?tab=manifest`);
  const withheld = page.getByRole('table', { name: 'Series that stay here' });
  await withheld.getByText('Somebody has to look at them').waitFor();
  expect(await accessibilityViolations(page)).toEqual([]);

  await page.goto('/review');
  await page.getByRole('link', { name: /^Series/ }).click();
  const image = page.getByRole('img', { name: /^The image/ });
  const area = await image.boundingBox();
  if (!area) throw new Error('no image');
  const scale = area.width / COLUMNS;
  await page.mouse.move(area.x + 1, area.y + 1);
  await page.mouse.down();
  await page.mouse.move(area.x + area.width + 5, area.y + TEXT_ROWS * scale + 2, { steps: 4 });
  await page.mouse.up();
  const [x, y, width = 0, height = 0] = (await page.getByLabel('What is blackened').inputValue())
    .split(', ')
    .map(Number);
  expect([x, y].every((edge) => (edge ?? 9) <= 2)).toBe(true);
  expect(height).toBeGreaterThanOrEqual(TEXT_ROWS);
  expect(width).toBeGreaterThan(COLUMNS - 4);
  await page.getByLabel('What is blackened').fill(`0, 0, ${COLUMNS}, ${TEXT_ROWS}`);
  expect(await accessibilityViolations(page)).toEqual([]);
  await page.getByRole('checkbox', { name: /Remember as a rule/ }).check();
  await press('Approve with 1 box blackened');
  await page.getByText('1 image approved.').waitFor();

  await openLive(page, `/jobs/${job.id}`);
  await shows(page, 'Done', ENDS_WITHIN_MS);
  const pixels = await arrivedPixels();
  expect(pixels.subarray(0, TEXT_ROWS * COLUMNS).every((value) => value === 0)).toBe(true);
  const original = await pixelsOf(ULTRASOUND);
  expect(pixels.subarray(TEXT_ROWS * COLUMNS).equals(original.subarray(TEXT_ROWS * COLUMNS))).toBe(true);

  const again = await transfer(await newUltrasound('second'));
  const { state } = await jobWhen(scene.client, again.id, ({ endedAt }) => endedAt !== null, 'the end');
  expect(state).toBe('success');
  const tasks = await answered(
    scene.client.GET('/api/v1/jobs/{id}/tasks/{no}', { params: { path: { id: again.id, no: 1 } } }),
  );
  expect(tasks.profile).toMatchObject({ id: 'hearts', version: 3 });
});

import type { Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { answered } from '@viaduct/testing/product';
import { launchBrowser } from '../src/browser.ts';
import type { TestBrowser } from '../src/browser.ts';
import { openLive, signInPage } from './jobPage.ts';
import { searchStudies } from './pages.ts';
import { setScene, type Scene } from './scene.ts';

/** How long the source thinks before each answer of the slow search, ms: it never gets to its end by itself. */
const SLOW_MS = 5_000;
/** Scripts of pages, as they are asked for. */
const SCRIPTS = /\/_app\/immutable\/.*\.js$/;

let scene: Scene;
let browser: TestBrowser;
let page: Page;

beforeAll(async () => {
  const study = (label: string) => ({ label, instances: 2, patientId: label, description: label });
  scene = await setScene({ studies: ['Thorax', 'Head', 'Foot'].map(study) });
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser?.[Symbol.asyncDispose]();
  await scene?.[Symbol.asyncDispose]();
});
beforeEach(async () => {
  await page?.close();
  page = await browser.newPage({ baseUrl: scene.product.url });
  page.setDefaultTimeout(15_000);
  await signInPage(page);
});

const source = () => page.getByRole('checkbox', { name: 'Source', exact: true });
const patient = () => page.getByLabel('Patient ID', { exact: true });
const basket = () => page.getByRole('region', { name: 'Basket' });
const startButton = () => page.getByRole('button', { name: /^Start transfer/ });
const choose = (label: string, option: string) =>
  page.getByRole('combobox', { name: label, exact: true }).selectOption({ label: option });

async function addToBasket(description: string): Promise<void> {
  expect(await searchStudies(page, 'Source', description, '')).toBe(1);
  await page.getByRole('checkbox', { name: new RegExp(`, ${description}$`) }).check();
  await page.getByRole('button', { name: 'Add selected to basket' }).click();
  await basket().getByText(description).first().waitFor();
}

test('what is ticked and typed before the page comes to life stays', async () => {
  let goOn: () => void = () => undefined;
  const held = new Promise<void>((resolve) => (goOn = resolve));
  await page.route(SCRIPTS, async (route) => {
    await held;
    await route.continue();
  });
  await page.goto('/transfer', { waitUntil: 'commit' });
  await source().check();
  await patient().fill('Thorax');
  await page.getByRole('radio', { name: 'not before' }).check();
  goOn();
  await page.getByText('Live', { exact: true }).first().waitFor();
  expect(await source().isChecked()).toBe(true);
  expect(await patient().inputValue()).toBe('Thorax');
  expect(await page.getByRole('radio', { name: 'not before' }).isChecked()).toBe(true);
  await page.getByRole('button', { name: 'Search', exact: true }).click();
  await page.getByText('1 study found').waitFor();
});

test('an answer from before says so, and the source is asked again on request', async () => {
  for (const says of [/^Source answered 1 in /, /^Source answered 1 from what was found /]) {
    await searchStudies(page, 'Source', 'Head', 'CT');
    await page.getByText(says).waitFor();
  }
  await page.getByRole('button', { name: 'Ask again' }).click();
  await page.getByText(/^Source answered 1 in /).waitFor();
});

test('the basket stays across searches and reloads until its transfer has started, which it does once', async () => {
  await addToBasket('Thorax');
  await addToBasket('Head');
  await page.reload();
  await basket().getByText('2 studies of 2 patients').waitFor();
  await choose('Destination', 'Destination');
  await choose('Project', 'Scene');
  await page
    .getByText(/to Destination in Scene, pseudonymized with generated pseudonyms under .+; starts now/)
    .waitFor();
  await startButton().dblclick();
  await page.waitForURL(/\/jobs\/[\da-f-]+$/);
  await openLive(page, '/transfer');
  await basket().getByText('Nothing chosen yet.').waitFor();
  const jobs = await answered(scene.client.GET('/api/v1/jobs'));
  expect(jobs.items).toHaveLength(1);
});

test('hours are painted by pointer and by keyboard, and the summary says when it starts', async () => {
  await addToBasket('Foot');
  await choose('Destination', 'Destination');
  await page.getByRole('radio', { name: 'not before' }).check();
  await page.getByLabel('Date and time').fill('2099-03-04T05:06');
  await page.getByText('starts 2099-03-04 05:06').waitFor();
  await page.getByRole('radio', { name: 'only in these hours' }).check();
  const grid = page.getByRole('grid', { name: 'Hours of the week' });
  const cell = (name: string) => grid.getByRole('gridcell', { name: new RegExp(`^${name}:00, `) });
  await cell('Monday 20').hover();
  await page.mouse.down();
  await cell('Tuesday 22').hover();
  await page.mouse.up();
  await page.getByText('Mon, Tue 20:00–23:00', { exact: true }).waitFor();
  await grid.focus();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Space');
  await page.getByText('Mon 20:00–23:00; Tue 21:00–23:00', { exact: true }).waitFor();
});

test('a slow search shows what has come, and stops when asked to', async () => {
  await scene.source.setFaults({ answerDelayMs: SLOW_MS });
  await openLive(page, '/transfer');
  await source().check();
  await patient().fill('*');
  await page.getByRole('button', { name: 'Search', exact: true }).click();
  await page.getByText(/^Source still searching/).waitFor();
  await page.getByRole('button', { name: 'Stop', exact: true }).click();
  await page.getByText(/^Source stopped after/).waitFor();
  await scene.source.setFaults({});
});

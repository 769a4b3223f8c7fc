import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Job } from '@viaduct/client';
import { waitFor } from '@viaduct/testing';
import { jobWhen } from '@viaduct/testing/product';
import { signInPage } from './jobPage.ts';
import { openNodeSettings, searchStudies } from './pages.ts';
import type { Scene } from './scene.ts';
import { openStage, type Stage } from './stage.ts';

/** Jobs that make a second page of their list. */
const MANY = 52;
/** Pause of the source before each image of the job that is acted on, ms. */
const SLOWLY = { delayMs: 100 };

let stage: Stage;
let scene: Scene;
let page: Page;

beforeAll(async () => {
  stage = await openStage({
    javaScript: false,
    signedIn: false,
    studies: [
      { label: 'no-script-1', instances: 200, patientId: 'NOSCRIPT', description: 'Thorax' },
      { label: 'no-script-2', instances: 2, patientId: 'NOSCRIPT', description: 'Head' },
    ],
  });
  ({ scene, page } = stage);
});
afterAll(() => stage?.[Symbol.asyncDispose]());

const button = (name: string | RegExp) => page.getByRole('button', { name, exact: true }).first();
const field = (label: string) => page.getByLabel(label, { exact: true });
const choice = (label: string) => page.getByRole('combobox', { name: label, exact: true });
const path = () => new URL(page.url()).pathname;

/** Loads the page of a job again until it shows what was asked for: it does not tell by itself. */
async function loadsUntil(isShown: () => Promise<boolean>, what: string): Promise<void> {
  const address = path();
  const shown = async () => {
    await page.goto(address);
    return isShown();
  };
  await waitFor(shown, { deadlineMs: 20_000, intervalMs: 250, what });
}
const isIn = (state: string) =>
  loadsUntil(
    async () => (await page.locator('h1 + [aria-live]').innerText()).startsWith(state),
    `the job to be ${state}`,
  );
const says = (text: string, exact = false) =>
  loadsUntil(() => page.getByText(text, { exact }).first().isVisible(), `the page to say ${text}`);

/** Presses a button and waits until what it sends has been answered: going elsewhere would break it off. */
async function sent(pressed: Promise<void>): Promise<void> {
  const answered = page.waitForResponse((response) => response.request().method() === 'POST');
  await Promise.all([answered, pressed]);
}

/** Presses a button that asks first, and confirms. */
async function confirmed(act: string, name: string | RegExp): Promise<void> {
  await button(act).click();
  const question = page.getByRole('alertdialog');
  await sent(question.getByRole('button', { name }).click());
  await question.waitFor({ state: 'detached' });
}

test('signed in', async () => {
  await signInPage(page);
  await page.getByRole('heading', { level: 1, name: 'Dashboard' }).waitFor();
});

test('searched, chosen by study and by series, and started with a schedule', async () => {
  expect(await searchStudies(page, 'Source', 'NOSCRIPT', '')).toBe(2);
  await page.getByRole('checkbox', { name: /, Head$/ }).check();
  await button('Add to basket').click();
  await page.getByText('1 study of 1 patient').first().waitFor();
  await page.getByRole('button', { name: /^Show series: .*Thorax$/ }).click();
  await page.getByRole('table', { name: 'Series of this study' }).getByRole('checkbox').first().check();
  await button('Add to basket').click();
  await page.getByText('2 studies of 1 patient').first().waitFor();
  await page.getByRole('button', { name: /^Remove: .*Head$/ }).click();
  await page.getByText('1 study of 1 patient').first().waitFor();

  await choice('Destination').selectOption({ label: 'Destination' });
  await choice('Project').selectOption({ label: 'Scene' });
  await field('Pseudonym').fill('WITHOUT-SCRIPTS');
  await button('Update this summary').click();
  await page.getByText('to Destination in Scene, pseudonymized as WITHOUT-SCRIPTS').waitFor();
  await page.getByRole('radio', { name: 'only in these hours' }).check();
  await page.getByRole('checkbox', { name: 'Sun' }).first().check();
  await field('From').first().fill('22:00');
  await button('Start transfer of 1 study').click();
  await page.getByText('Each line needs days, a beginning and an end.').first().waitFor();
  expect(await field('Pseudonym').inputValue()).toBe('WITHOUT-SCRIPTS');

  await page.getByRole('radio', { name: 'not before' }).check();
  await field('Date and time').fill('2099-03-04T05:06');
  await field('To').first().fill('06:00');
  await button('Start transfer of 1 study').click();
  await page.waitForURL(/\/jobs\/[\da-f-]+$/);
  await isIn('Waiting');
  await page.getByText('not before 2099-03-04 05:06; only Sun 22:00–06:00 (UTC)').first().waitFor();
});

test('its schedule and urgency changed; canceled', async () => {
  const job = path();
  await page.getByRole('link', { name: 'Settings', exact: true }).click();
  await page.getByRole('radio', { name: 'now', exact: true }).check();
  await sent(button('Save schedule').click());
  await page.goto(job);
  await says('only Sun 22:00–06:00 (UTC)');
  await page.locator('summary', { hasText: 'More actions' }).click();
  await sent(button('Make urgent').click());
  await page.goto(job);
  await says('Urgent', true);
  await confirmed('Cancel', /^Cancel job/);
  await page.goto(job);
  await isIn('Canceled');
});

test('a node and its hours edited; what is wrong is said beside its field', async () => {
  await openNodeSettings(page, 'Destination');
  await field('Host').fill('');
  await button('Save changes').click();
  await page.getByText('Enter a host name or address.').first().waitFor();
  await field('Host').fill('127.0.0.1');
  await field('Requests per minute at most').fill('600');
  await field('Address').fill('https://pacs.example.org/dicom-web');
  await page.getByRole('radio', { name: 'only in these hours' }).check();
  for (const day of ['Mon', 'Tue']) await page.getByRole('checkbox', { name: day }).first().check();
  await field('From').first().fill('20:00');
  await field('To').first().fill('06:30');
  await button('Save changes').click();
  await page.getByText('Changes are saved.').waitFor();
  await page.getByText('Mon, Tue 20:00–06:30 (UTC)').first().waitFor();
  await page.getByText('https://pacs.example.org/dicom-web').waitFor();

  await openNodeSettings(page, 'Destination');
  await field('Address').fill('');
  await page.getByRole('radio', { name: 'at any hour' }).check();
  await button('Save changes').click();
  await page.getByText('Changes are saved.').waitFor();
});

test('a node suspended with its reason, resumed and tested', async () => {
  await button('Suspend').click();
  await field('Reason').fill('New disks.');
  await page.getByRole('alertdialog').getByRole('button', { name: 'Suspend' }).click();
  await page.getByText('Suspended by Administrator: New disks.').waitFor();
  await button('Resume node').click();
  await button('Suspend').waitFor();
  await button('Test now').click();
  await page.getByText('The test passed.').waitFor();
});

test('a job paused, resumed and canceled; its study seen', async () => {
  await scene.source.setFaults(SLOWLY);
  const job = await scene.transfer({ studies: scene.studies.slice(0, 1) });
  await jobWhen(scene.client, job.id, ({ instances }) => instances.stored > 0, 'an image to arrive');
  await page.goto(`/jobs/${job.id}`);
  await confirmed('Pause', /^Pause job/);
  await isIn('Paused');
  await button('Resume').click();
  await jobWhen(scene.client, job.id, ({ state }) => state === 'running', 'the job to run');
  await page.goto(`/jobs/${job.id}`);
  await page.getByRole('rowheader').getByRole('link', { name: '1', exact: true }).click();
  await page.getByRole('heading', { level: 1, name: `Study 1 of job ${job.number}` }).waitFor();
  await page.getByRole('table').first().waitFor();
  await confirmed('Cancel', /^Cancel study/);
  await isIn('Canceled');
  await scene.source.setFaults({});
});

test('several jobs canceled at once, from a page that filters and paging have led to', async () => {
  const notBefore = '2099-01-01T00:00:00Z';
  const start = () => scene.transfer({ studies: scene.studies.slice(1), schedule: { notBefore } });
  const jobs: Job[] = await Promise.all(Array.from({ length: MANY }, start));
  await page.goto('/jobs');
  await page.getByRole('link', { name: 'Next', exact: true }).click();
  const second = page.getByRole('checkbox', { name: /^Select job/ });
  await page.getByRole('link', { name: 'Back to the start' }).waitFor();
  const rest = await second.count();
  expect(rest).toBeGreaterThan(0);
  await page.getByRole('link', { name: 'Back to the start' }).click();
  await expect.poll(() => second.count()).toBeGreaterThan(rest);

  await page.getByRole('link', { name: 'Waiting', exact: true }).click();
  await field('Number or title').fill(String(Math.max(...jobs.map(({ number }) => number))));
  await choice('Project').selectOption({ label: 'Scene' });
  await button('Apply').click();
  await expect.poll(() => second.count()).toBe(1);
  await page.getByRole('link', { name: 'Remove filter “' }).click();
  const chosen: number[] = [];
  for (const box of [second.nth(0), second.nth(1)]) {
    await box.check();
    chosen.push(Number(/\d+/.exec((await box.getAttribute('aria-label')) ?? '')));
  }
  await button('Cancel').click();
  await page.getByRole('alertdialog').getByText('2 jobs are asked to: cancel.').waitFor();
  await page.getByRole('alertdialog').getByRole('button', { name: 'Cancel' }).click();
  await page.getByText('2 jobs asked.').waitFor();
  const asked = jobs.filter(({ number }) => chosen.includes(number));
  expect(asked).toHaveLength(2);
  for (const { id } of asked) {
    await jobWhen(scene.client, id, ({ state }) => state === 'canceled', 'the job to be canceled');
  }
});

test('everything of a node asked for, with its effect in numbers first', async () => {
  await page.goto(`/nodes/${scene.sourceId}`);
  await button('Cancel').click();
  await page
    .getByRole('alertdialog')
    .getByText(`${MANY - 2} jobs are asked to: cancel.`)
    .waitFor();
  await page.getByRole('alertdialog').getByRole('link', { name: 'Do nothing' }).click();
  await page.getByRole('heading', { level: 1, name: 'Source' }).waitFor();
});

test('the account changed, and signed out', async () => {
  await page.goto('/account');
  await field('Name').fill('Somebody Else');
  await button('Save name').click();
  await page.getByText('Your name is changed.').waitFor();
  await button('Sign out').click();
  await page.waitForURL((url) => url.pathname === '/sign-in');
});

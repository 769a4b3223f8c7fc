import type { Page, Response } from 'playwright-core';
import type { JobAction } from '@viaduct/client';
import { waitFor } from '@viaduct/testing';
import { PASSWORD } from '@viaduct/testing/product';

/** How soon the page shows what a person asked for, ms: generous, since machines of tests are slow. */
const SHOWN_WITHIN_MS = 15_000;
/** How soon a page hears what happens, ms: longer than it waits between attempts to connect. */
const LIVE_WITHIN_MS = 30_000;

/** What a button of a job's or study's page does at once, or after a question. */
export type Pressed = Exclude<JobAction, 'set-schedule' | 'clone'>;

const BUTTONS: Readonly<Record<Pressed, RegExp>> = {
  pause: /^Pause$/,
  resume: /^Resume$/,
  cancel: /^Cancel$/,
  'retry-failed': /^Retry failed( \([\d,]+\))?$/,
  'retry-warnings': /^Retry warnings( \([\d,]+\))?$/,
  restart: /^Restart$/,
  'set-priority': /^(Make urgent|Not urgent any more)$/,
  'force-end': /^Force-end$/,
  delete: /^Delete$/,
};
const AT_ONCE: readonly Pressed[] = ['resume', 'set-priority'];

/** Signs a person in, the administrator by default, whose one-time password has been changed before. */
export async function signInPage(page: Page, username = 'admin'): Promise<void> {
  await page.goto('/sign-in');
  await page.getByLabel('User name').fill(username);
  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.waitForURL((url) => url.pathname !== '/sign-in');
}

/** Opens a page that shows what happens as it happens, and waits until it does. */
export async function openLive(page: Page, address: string): Promise<void> {
  const answers: string[] = [];
  const keep = (answer: Response) => answers.push(`${answer.status()} ${new URL(answer.url()).pathname}`);
  page.on('response', keep);
  await page.goto(address);
  const live = page.getByText('Live', { exact: true }).first();
  await live.waitFor({ timeout: LIVE_WITHIN_MS }).catch(async (error: unknown) => {
    const mark = await page.getByRole('status').allInnerTexts();
    throw new Error(`${address} is not live, it shows ${JSON.stringify(mark)} after ${answers.join(', ')}`, {
      cause: error,
    });
  });
  page.off('response', keep);
}

/** Waits until the head of a job's or study's page shows a state. */
export async function shows(page: Page, state: string, deadlineMs = SHOWN_WITHIN_MS): Promise<void> {
  const head = page.locator('h1 + [aria-live]');
  let shown = '';
  const isShown = async () => {
    shown = (await head.innerText()).trim();
    return shown.split(/\n| ·|·| by /)[0]?.trim() === state;
  };
  await waitFor(isShown, { deadlineMs, intervalMs: 100, what: `the page to show ${state}` }).catch((error: unknown) => {
    throw new Error(`${String(error)}; it shows ${shown}`);
  });
}

/** Waits until what became of a request is shown beside the actions. */
export async function tells(page: Page, sentence: RegExp, timeout = SHOWN_WITHIN_MS): Promise<void> {
  await page.getByText(sentence).first().waitFor({ timeout });
}

/** Opens what is not offered in the row of actions. */
export async function openMenu(page: Page): Promise<void> {
  const menu = page.locator('details', { has: page.getByText('More actions') });
  if ((await menu.getAttribute('open')) === null) await menu.locator('summary').click();
}

/** Presses a button of a job's or study's page, in the row or the menu: what it asks is left open. */
export async function choose(page: Page, action: Pressed): Promise<void> {
  const button = page.getByRole('main').getByRole('button', { name: BUTTONS[action] }).first();
  if (!(await button.isVisible())) await openMenu(page);
  await button.click();
}

/** Presses a button of a job's or study's page, and confirms where it asks. The moment of the last click, ms since 1970. */
export async function press(page: Page, action: Pressed, how: 'interrupt' | 'drain' | { typed?: string } = {}) {
  await choose(page, action);
  if (!AT_ONCE.includes(action)) await confirm(page, how);
  return Date.now();
}

/** Answers the question before an action with yes. */
export async function confirm(page: Page, how: 'interrupt' | 'drain' | { typed?: string } = {}): Promise<void> {
  const dialog = page.getByRole('alertdialog');
  if (typeof how === 'string') await dialog.getByRole('radio', { name: `(${how})` }).check();
  else if (how.typed !== undefined) await dialog.getByRole('textbox').fill(how.typed);
  await dialog.getByRole('button').last().click();
}

/** Waits until a job is marked as urgent, or is not any more. */
export async function showsUrgent(page: Page, is: boolean): Promise<void> {
  const mark = page.getByText('Urgent', { exact: true });
  await mark.waitFor({ state: is ? 'visible' : 'hidden', timeout: SHOWN_WITHIN_MS });
}

/** Changes the schedule of a job on the tab for it. */
export async function reschedule(page: Page, when: 'now' | 'later'): Promise<void> {
  // What the menu offers changes with the job, also under the pointer: then a person presses again.
  const isThere = async () => {
    await openMenu(page);
    await page.getByRole('link', { name: 'Change schedule' }).click();
    return page.waitForURL(/tab=settings/, { timeout: 5_000 }).then(
      () => true,
      () => false,
    );
  };
  await waitFor(isThere, { deadlineMs: LIVE_WITHIN_MS, what: 'the tab of the schedule' });
  if (when === 'now') await page.getByRole('radio', { name: 'now', exact: true }).check();
  else {
    await page.getByRole('radio', { name: 'not before' }).check();
    await page.getByLabel('Date and time').fill('2100-02-03T04:05');
  }
  await page.getByRole('button', { name: 'Save schedule' }).click();
}

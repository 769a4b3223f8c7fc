import type { Page, Response } from 'playwright-core';
import type { TaskAction } from '@viaduct/client';
import { waitFor } from '@viaduct/testing';
import { PASSWORD } from '@viaduct/testing/product';

/** How soon the page shows what a person asked for, ms: generous, since machines of tests are slow. */
const SHOWN_WITHIN_MS = 15_000;
/** How soon a page hears what happens, ms: longer than it waits between attempts to connect. */
const LIVE_WITHIN_MS = 30_000;

const BUTTONS: Readonly<Record<TaskAction, RegExp>> = {
  pause: /^Pause$/,
  resume: /^Resume$/,
  cancel: /^Cancel$/,
  'retry-failed': /^Retry failed( \([\d,]+\))?$/,
  'retry-warnings': /^Retry warnings( \([\d,]+\))?$/,
  restart: /^Restart$/,
};

/** Signs the administrator in; the one-time password has been changed before. */
export async function signInPage(page: Page): Promise<void> {
  await page.goto('/sign-in');
  await page.getByLabel('User name').fill('admin');
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
    return shown.split(/\n| ·|·/)[0]?.trim() === state;
  };
  await waitFor(isShown, { deadlineMs, intervalMs: 50, what: `the page to show ${state}` }).catch((error: unknown) => {
    throw new Error(`${String(error)}; it shows ${shown}`);
  });
}

/** Waits until what became of a request is shown beside the actions. */
export async function tells(page: Page, sentence: RegExp, timeout = SHOWN_WITHIN_MS): Promise<void> {
  await page.getByText(sentence).first().waitFor({ timeout });
}

/** Presses a button of a job's or study's page, and confirms where it asks. The moment of the last click, ms since 1970. */
export async function press(page: Page, action: TaskAction, mode?: 'interrupt' | 'drain'): Promise<number> {
  await page.getByRole('button', { name: BUTTONS[action] }).first().click();
  if (action === 'resume') return Date.now();
  const dialog = page.getByRole('alertdialog');
  if (mode) await dialog.getByRole('radio', { name: `(${mode})` }).check();
  const confirm = dialog.getByRole('button', { name: /^(Pause|Cancel|Retry) / });
  await confirm.click();
  return Date.now();
}

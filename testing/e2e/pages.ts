import { expect } from 'vitest';
import type { Locator, Page } from 'playwright-core';
import type { TestBrowser } from '../src/browser.ts';
import { PASSWORD } from '@viaduct/testing/product';
import type { Product } from '@viaduct/testing/product';

/** How long anything on a page may take that does not wait for a transfer, ms. */
const PATIENCE_MS = 20_000;

/** A page of the product in a browser of its own cookies. `troubles` collects what its scripts and its policy complain about. */
export interface Visit {
  readonly page: Page;
  readonly troubles: string[];
}

/** Opens the product's front door. */
export async function visit(browser: TestBrowser, product: Product, javaScript = true): Promise<Visit> {
  const page = await browser.newPage({ javaScript, baseUrl: product.url });
  page.setDefaultTimeout(PATIENCE_MS);
  const troubles: string[] = [];
  page.on('pageerror', (error) => troubles.push(error.message));
  page.on('console', (message) => message.type() === 'error' && troubles.push(message.text()));
  await page.goto('/');
  return { page, troubles };
}

const field = (page: Page, label: string): Locator => page.getByLabel(label, { exact: true });
const press = (page: Page, name: string | RegExp): Promise<void> =>
  page.getByRole('button', typeof name === 'string' ? { name, exact: true } : { name }).click();
const heading = (page: Page, name: string): Promise<void> =>
  page.getByRole('heading', { level: 1, name, exact: true }).waitFor();

/** Signs in; with a one-time password a new one is chosen on the way. Ends on the dashboard. */
export async function signInAtDoor(page: Page, oneTimePassword?: string): Promise<void> {
  await field(page, 'User name').fill('admin');
  await field(page, 'Password').fill(oneTimePassword ?? PASSWORD);
  await press(page, 'Sign in');
  if (oneTimePassword) {
    await heading(page, 'Choose your password');
    await field(page, 'One-time password').fill(oneTimePassword);
    await field(page, 'New password').fill(PASSWORD);
    await field(page, 'New password, again').fill(PASSWORD);
    await press(page, 'Change password');
  }
  await heading(page, 'Dashboard');
}

export interface ServerOnPage {
  readonly name: string;
  readonly aeTitle: string;
  readonly port: number;
}

/** Creates a server of this machine and ends on its page. */
export async function createServer(page: Page, server: ServerOnPage): Promise<void> {
  await page.goto('/nodes');
  await page.getByRole('link', { name: 'Add a server' }).click();
  await heading(page, 'New server');
  await field(page, 'Name').fill(server.name);
  await field(page, 'AE title').fill(server.aeTitle);
  await field(page, 'Host').fill('127.0.0.1');
  await field(page, 'Port').fill(String(server.port));
  await press(page, 'Create node');
  await page.getByText(`${server.name} is created. Test it now.`).waitFor();
}

/** Creates a folder as a destination and ends on its page. */
export async function createFolder(page: Page, name: string, folder: string): Promise<void> {
  await page.goto('/nodes');
  await page.getByRole('link', { name: 'Add a folder' }).click();
  await heading(page, 'New folder');
  await field(page, 'Name').fill(name);
  await field(page, 'Folder').fill(folder);
  await press(page, 'Create node');
  await page.getByText(`${name} is created. Test it now.`).waitFor();
}

/** Presses the test button of the node whose page is open; returns the steps with their outcome. */
export async function testNode(page: Page): Promise<string[]> {
  await press(page, 'Test now');
  const verdict = page.getByText(/^(The test passed\.|It does not work yet\.)$/);
  await verdict.waitFor();
  expect(await verdict.innerText()).toBe('The test passed.');
  return page.getByRole('table', { name: 'Steps of the test' }).getByRole('row').allInnerTexts();
}

/** Opens the page of a node by its name in the list. */
export async function openNode(page: Page, name: string): Promise<void> {
  await page.goto('/nodes');
  await page.getByRole('link', { name }).click();
  await page.getByRole('button', { name: 'Test now' }).waitFor();
}

/** Opens the settings of a node by its name in the list. */
export async function openNodeSettings(page: Page, name: string): Promise<void> {
  await openNode(page, name);
  await page.getByRole('link', { name: 'Change settings' }).click();
  await heading(page, `Settings of ${name}`);
}

/** Changes how images are fetched from a node. */
export async function setRetrieveMethod(page: Page, name: string, method: 'c-get' | 'c-move'): Promise<void> {
  await openNodeSettings(page, name);
  await field(page, 'How images are fetched').selectOption(method);
  await press(page, 'Save changes');
  await page.getByText('Changes are saved.').waitFor();
}

/** Creates a project that shifts dates. */
export async function createProjectOnPage(page: Page, name: string): Promise<void> {
  await page.goto('/projects');
  await field(page, 'Name').fill(name);
  await press(page, 'Create project');
  await page.getByRole('rowheader', { name, exact: true }).waitFor();
}

/** Opens the search; where there are scripts, waits until it has taken up what this tab was at. */
async function openSearch(page: Page): Promise<void> {
  await page.goto('/transfer');
  if ((await page.locator('html.js').count()) === 0) return;
  await page.getByText('Live', { exact: true }).first().waitFor();
}

/** Searches one source for a patient ID and a modality and waits for the end of the search: how many were found. */
export async function searchStudies(page: Page, source: string, patientId: string, modality = 'CT'): Promise<number> {
  await openSearch(page);
  await page.getByRole('checkbox', { name: source, exact: true }).check();
  await field(page, 'Patient ID').fill(patientId);
  await page.getByRole('textbox', { name: 'Modality', exact: true }).fill(modality);
  await press(page, 'Search');
  await page.getByText(new RegExp(`^${source} answered`)).waitFor();
  const found = await page.getByRole('status').filter({ hasText: 'found' }).innerText();
  return Number.parseInt(found, 10);
}

/** Puts one study of the results into the basket. */
export async function chooseStudy(page: Page, name: RegExp): Promise<void> {
  await page.getByRole('checkbox', { name }).check();
  await press(page, /^Add (selected )?to basket$/);
  await page
    .getByText(/^1 study of 1 patient/)
    .first()
    .waitFor();
}

export interface StartOptions {
  readonly destination: string;
  readonly project: string;
  readonly pseudonym: string;
}

/** Chooses the options of a pseudonymized transfer, starts it and ends on the page of its job. */
export async function startTransfer(page: Page, options: StartOptions): Promise<void> {
  await field(page, 'Destination').selectOption({ label: options.destination });
  await field(page, 'Project').selectOption({ label: options.project });
  await page.getByRole('checkbox', { name: 'Pseudonymize' }).check();
  await field(page, 'Pseudonym').fill(options.pseudonym);
  await field(page, 'Leave out modalities').fill('');
  await press(page, /^Start transfer/);
  await page.waitForURL(/\/jobs\/[\da-f-]+/);
  await page.getByRole('heading', { level: 1, name: /^Job \d+/ }).waitFor();
}

const END = /Done|Failed|Canceled/;

/** The state beside the heading of a job or a task. */
export const stateOnPage = (page: Page): Locator => page.locator('h1 + div');

/** Watches the page of a job until it ends, without ever loading it again: the state it ended in. */
export async function watchToEnd(page: Page, deadlineMs = 60_000): Promise<string> {
  let loads = 0;
  page.on('load', () => (loads += 1));
  await stateOnPage(page).filter({ hasText: END }).waitFor({ timeout: deadlineMs });
  expect(loads).toBe(0);
  return stateOnPage(page).innerText();
}

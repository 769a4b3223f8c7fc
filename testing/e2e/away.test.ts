import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Page } from 'playwright-core';
import type { Node, ViaductClient } from '@viaduct/client';
import { waitFor } from '@viaduct/testing';
import { answered, createNode, createProject, signIn, startProduct } from '@viaduct/testing/product';
import type { Product } from '@viaduct/testing/product';
import { launchBrowser } from '../src/browser.ts';
import type { TestBrowser } from '../src/browser.ts';
import { openLive, signInPage } from './jobPage.ts';
import { visit } from './pages.ts';

/** How soon the server is itself again, and then its pages: its supervisor waits longer after each death, ms. */
const RETURN_MS = 45_000;

let product: Product;
let client: ViaductClient;
let browser: TestBrowser;
let page: Page;
let other: Node;

beforeAll(async () => {
  product = await startProduct();
  client = await signIn(product);
  other = await createNode(client, {
    kind: 'server',
    name: 'PACS B',
    aeTitle: 'PACS_B',
    host: '127.0.0.1',
    port: 11_198,
  });
  await createNode(client, { kind: 'server', name: 'PACS A', aeTitle: 'PACS_A', host: '127.0.0.1', port: 11_199 });
  await createProject(client, 'Thorax');
  browser = await launchBrowser();
  ({ page } = await visit(browser, product));
  await signInPage(page);
});
afterAll(async () => {
  await browser[Symbol.asyncDispose]();
  await product[Symbol.asyncDispose]();
});

/** Does something while the api is down, as often as its supervisor brings it up again. */
async function whileAway(act: () => Promise<unknown>): Promise<void> {
  let over = false;
  const isOver = () => {
    try {
      product.kill('api');
    } catch {
      // It is down already.
    }
    return over;
  };
  const ended = waitFor(isOver, { deadlineMs: 120_000, intervalMs: 50, what: 'the end of the outage' });
  try {
    await saysAway();
    await act();
  } finally {
    over = true;
    await ended;
    const isUp = () =>
      fetch(`${product.url}/api/v1/health`).then(
        ({ ok }) => ok,
        () => false,
      );
    await waitFor(isUp, { deadlineMs: RETURN_MS, what: 'the api to come up' });
  }
}

const saysAway = () => page.getByText('Viaduct’s server has not answered since').waitFor();
async function isBack(): Promise<void> {
  await page.getByText('Live', { exact: true }).waitFor({ timeout: RETURN_MS });
  await page.getByText('Viaduct’s server has not answered since').waitFor({ state: 'hidden' });
}
const field = (name: string) => page.getByRole('main').getByLabel(name, { exact: true });

describe('while the server is away', () => {
  test('a page says so, and goes on by itself', async () => {
    await openLive(page, '/nodes');
    let loads = 0;
    page.on('load', () => (loads += 1));
    await whileAway(async () => {
      expect(await page.getByRole('rowheader', { name: 'PACS A' }).isVisible()).toBe(true);
    });
    await isBack();
    const suspension = { params: { path: { id: other.id } }, body: { reason: 'It moves house.' } };
    await answered(client.POST('/api/v1/nodes/{id}/suspend', suspension));
    await page.getByText('It moves house.').first().waitFor();
    expect(loads).toBe(0);
  });

  test('a form that is sent says that it was not, keeps what was typed, and is sent later', async () => {
    await openLive(page, '/nodes/new?kind=server');
    await field('Name').fill('PACS C');
    await field('AE title').fill('PACS_C');
    await field('Host').fill('127.0.0.1');
    await whileAway(async () => {
      await page.getByRole('button', { name: 'Create node' }).click();
      await page.getByText('Viaduct’s server does not answer. What you typed is still here').first().waitFor();
    });
    await isBack();
    expect(await field('Name').inputValue()).toBe('PACS C');
    expect(await field('AE title').inputValue()).toBe('PACS_C');
    await page.getByRole('button', { name: 'Create node' }).click();
    await page.getByText('PACS C is created. Test it now.').waitFor();
    const { items } = await answered(client.GET('/api/v1/nodes'));
    expect(items.filter(({ name }) => name === 'PACS C')).toHaveLength(1);
  });

  test('a reload loses nothing that was typed', async () => {
    await openLive(page, '/transfer');
    await page.getByRole('checkbox', { name: 'PACS A', exact: true }).check();
    await field('Patient ID').fill('4711');
    await whileAway(async () => {
      await expect(page.reload()).rejects.toThrow('ERR_CONNECTION_REFUSED');
    });
    await openLive(page, '/transfer');
    await expect.poll(() => field('Patient ID').inputValue()).toBe('4711');
    expect(await page.getByRole('checkbox', { name: 'PACS A', exact: true }).isChecked()).toBe(true);
  });

  test('a page that is gone to opens when it can be shown', async () => {
    await openLive(page, '/');
    await whileAway(async () => {
      await page.getByRole('navigation', { name: 'Main navigation' }).getByRole('link', { name: 'Jobs' }).click();
      await page.getByText('The page you asked for opens then.').waitFor();
    });
    await page.getByRole('heading', { level: 1, name: 'Jobs' }).waitFor({ timeout: RETURN_MS });
  });
});

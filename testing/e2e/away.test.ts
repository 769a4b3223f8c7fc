import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Page } from 'playwright-core';
import type { ViaductClient } from '@viaduct/client';
import { waitFor } from '@viaduct/testing';
import { answered, createNode, createProject, signIn, startProduct } from '@viaduct/testing/product';
import type { Product } from '@viaduct/testing/product';
import { launchBrowser } from '../src/browser.ts';
import type { TestBrowser } from '../src/browser.ts';
import { openLive, signInPage } from './jobPage.ts';
import { visit } from './pages.ts';

/** How soon the server is itself again, and then its pages: its supervisor waits longer after each death, ms. */
const RETURN_MS = 45_000;
const SERVER = { kind: 'server', host: '127.0.0.1' } as const;
/** The server gives a sign of life every 15 s; after 40 s without any a page takes the connection for dead, ms. */
const SIGN_OF_LIFE_MS = 15_000;
const SILENCE_MS = 40_000;
/** A page that has lost the server tries to reach it within this time, for as long as that takes, ms. */
const TRIES_WITHIN_MS = 10_000;
/** As long as the server is away in the page's time, ms. */
const MINUTES_MS = 120_000;

let product: Product;
let client: ViaductClient;
let browser: TestBrowser;
let page: Page;
/** Of the node PACS B. */
let params: { path: { id: string } };

beforeAll(async () => {
  product = await startProduct();
  client = await signIn(product);
  const { id } = await createNode(client, { ...SERVER, name: 'PACS B', aeTitle: 'PACS_B', port: 11_198 });
  params = { path: { id } };
  await createNode(client, { ...SERVER, name: 'PACS A', aeTitle: 'PACS_A', port: 11_199 });
  await createProject(client, 'Thorax');
  browser = await launchBrowser();
  ({ page } = await visit(browser, product));
  // The page's time goes on as ever, and can be made to leap.
  await page.clock.install();
  await signInPage(page);
});
afterAll(async () => {
  await browser?.[Symbol.asyncDispose]();
  await product?.[Symbol.asyncDispose]();
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
/** How often the page is loaded from now on, and how often it tries to hear of changes. */
function counted(): { loads: number; tries: number } {
  const seen = { loads: 0, tries: 0 };
  page.on('load', () => (seen.loads += 1));
  page.on('request', (request) => (seen.tries += new URL(request.url()).pathname === '/api/v1/events' ? 1 : 0));
  return seen;
}
const field = (name: string) => page.getByRole('main').getByLabel(name, { exact: true });

describe('while the server is away', () => {
  test('a page says so for as long as it lasts, tries again all the time, and goes on by itself', async () => {
    await openLive(page, '/nodes');
    const seen = counted();
    // The server is not quite itself again when it comes back.
    await page.route('**/__data.json?*', (route) => route.abort(), { times: 2 });
    await whileAway(async () => {
      for (let waited = 0; waited < MINUTES_MS; waited += TRIES_WITHIN_MS) {
        const { tries } = seen;
        await page.clock.fastForward(TRIES_WITHIN_MS);
        await expect.poll(() => seen.tries, { timeout: 2 * TRIES_WITHIN_MS }).toBeGreaterThan(tries);
      }
      await page.getByText(/Stale since \d\d:\d\d/).waitFor();
      expect(await page.getByRole('rowheader', { name: 'PACS A' }).isVisible()).toBe(true);
    });
    await isBack();
    await answered(client.POST('/api/v1/nodes/{id}/suspend', { params, body: { reason: 'It moves house.' } }));
    await page.getByText('It moves house.').first().waitFor();
    expect(seen.loads).toBe(0);
  });

  test('a page notices that the server gives no sign of life, and goes on by itself', async () => {
    await openLive(page, '/nodes');
    const seen = counted();
    const api = product.pid('api');
    process.kill(api, 'SIGSTOP');
    try {
      await page.clock.fastForward(SIGN_OF_LIFE_MS);
      expect(await page.getByText('Live', { exact: true }).isVisible()).toBe(true);
      await page.clock.fastForward(SILENCE_MS - SIGN_OF_LIFE_MS);
      await saysAway();
      await page.clock.fastForward(MINUTES_MS);
    } finally {
      process.kill(api, 'SIGCONT');
    }
    await isBack();
    await answered(client.POST('/api/v1/nodes/{id}/resume', { params }));
    await page.getByText('It moves house.').first().waitFor({ state: 'hidden' });
    await createNode(client, { ...SERVER, name: 'PACS D', aeTitle: 'PACS_D', port: 11_197 });
    await page.getByRole('rowheader', { name: 'PACS D' }).waitFor();
    expect(seen.loads).toBe(0);
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

  test('a search says that nobody answers, and a reload loses nothing that was typed', async () => {
    await openLive(page, '/transfer');
    await page.getByRole('checkbox', { name: 'PACS A', exact: true }).check();
    await field('Patient ID').fill('4711');
    await whileAway(async () => {
      await page.getByRole('button', { name: 'Search', exact: true }).click();
      await page.getByText('Viaduct’s server does not answer. What you typed is still here').waitFor();
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

/**
 * Takes the pictures of README and docs from the running product with demo data: `npm run screenshots`.
 * With a folder as argument it takes every page there, light and dark, at 1,440 and 800 px, to be looked at.
 */
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { BrowserContext, Page } from 'playwright-core';
import { launchBrowser } from '../src/browser.ts';
import type { TestBrowser } from '../src/browser.ts';
import { openGallery, PAGE_NAMES, PAGES } from './gallery.ts';
import type { Gallery, PageName } from './gallery.ts';
import { openLive, signInPage } from './jobPage.ts';
import { searchStudies } from './pages.ts';

const PICTURES = path.resolve(import.meta.dirname, '../../docs/images');
const THEMES = ['light', 'dark'] as const;
const WIDTHS = [1440, 800] as const;
const HEIGHT = 900;
/** Of longer pages the beginning is enough. */
const HIGHEST = { docs: 1_000, all: 2_400 } as const;

async function newContext(browser: TestBrowser, gallery: Gallery, theme: 'light' | 'dark', width: number) {
  const context = await browser.browser.newContext({
    baseURL: gallery.product.url,
    colorScheme: theme,
    viewport: { width, height: HEIGHT },
    reducedMotion: 'reduce',
    locale: 'en-GB',
    timezoneId: 'UTC',
  });
  const page = await context.newPage();
  await signInPage(page);
  await page.close();
  return context;
}

/** One picture of a page as it is now, from its top. */
async function take(page: Page, file: string, highest: number): Promise<void> {
  const height = Number(await page.evaluate('document.documentElement.scrollHeight'));
  const width = page.viewportSize()?.width ?? WIDTHS[0];
  const clip = { x: 0, y: 0, width, height: Math.min(Math.max(height, HEIGHT), highest) };
  await page.screenshot({ path: file, fullPage: true, clip, animations: 'disabled' });
  console.log(path.relative(process.cwd(), file));
}

/** Searches and fills the basket, so that the page shows what it is for. */
async function prepareTransfer(page: Page): Promise<void> {
  await searchStudies(page, 'Demo PACS A', '*', 'CT');
  for (const row of (await page.getByRole('main').getByRole('row').getByRole('checkbox').all()).slice(0, 4))
    await row.check();
  await page.getByRole('button', { name: /^Add (selected )?to basket$/ }).click();
  await page.getByLabel('Destination', { exact: true }).selectOption({ label: 'Demo folder' });
  await page.getByLabel('Project', { exact: true }).selectOption({ label: 'Demo study' });
}

/** Opens a page and brings it into the state that is worth a picture. */
async function open(context: BrowserContext, gallery: Gallery, name: PageName): Promise<Page> {
  const page = await context.newPage();
  await openLive(page, PAGES[name](gallery));
  if (name === 'transfer') await prepareTransfer(page);
  if (name === 'find') {
    await page.keyboard.press('/');
    await page.keyboard.type('arch');
    await page.getByRole('link', { name: 'Archive', exact: true }).first().waitFor();
  }
  return page;
}

async function takeAll(browser: TestBrowser, gallery: Gallery, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const theme of THEMES) {
    for (const width of WIDTHS) {
      const context = await newContext(browser, gallery, theme, width);
      for (const name of PAGE_NAMES) {
        const page = await open(context, gallery, name);
        await take(page, path.join(folder, `${name}-${theme}-${width}.png`), HIGHEST.all);
        await page.close();
      }
      await context.close();
    }
  }
}

/** What stands in README and docs. */
const IN_DOCS: readonly [name: PageName, theme: 'light' | 'dark'][] = [
  ['dashboard', 'light'],
  ['transfer', 'light'],
  ['jobs', 'light'],
  ['job', 'light'],
  ['failures', 'light'],
  ['timeline', 'light'],
  ['task', 'light'],
  ['queue', 'light'],
  ['nodes', 'light'],
  ['node', 'light'],
  ['receiver', 'light'],
  ['dashboard', 'dark'],
];

async function takeForDocs(browser: TestBrowser, gallery: Gallery): Promise<void> {
  await mkdir(PICTURES, { recursive: true });
  for (const theme of THEMES) {
    const context = await newContext(browser, gallery, theme, WIDTHS[0]);
    for (const [name] of IN_DOCS.filter((picture) => picture[1] === theme)) {
      const page = await open(context, gallery, name);
      // The way to a transfer ends at the button below.
      const highest = name === 'transfer' ? HIGHEST.all : HIGHEST.docs;
      await take(page, path.join(PICTURES, theme === 'dark' ? `${name}-dark.png` : `${name}.png`), highest);
      await page.close();
    }
    await context.close();
  }
}

const folder = process.argv[2];
await using gallery = await openGallery();
await using browser = await launchBrowser();
if (folder) await takeAll(browser, gallery, path.resolve(folder));
else await takeForDocs(browser, gallery);

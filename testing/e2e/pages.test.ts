import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Locator, Page } from 'playwright-core';
import { accessibilityViolations, launchBrowser } from '../src/browser.ts';
import type { TestBrowser } from '../src/browser.ts';
import { openGallery, PAGE_NAMES, PAGES } from './gallery.ts';
import type { Gallery } from './gallery.ts';
import { openLive, signInPage } from './jobPage.ts';
import { visit } from './pages.ts';
import type { Visit } from './pages.ts';

const LOOKS = [
  { width: 1440, colorScheme: 'light' },
  { width: 800, colorScheme: 'dark' },
] as const;
/** Steps with the tab key after which something counts as out of reach. */
const MOST_STEPS = 80;

let gallery: Gallery;
let browser: TestBrowser;
let person: Visit;

beforeAll(async () => {
  gallery = await openGallery();
  browser = await launchBrowser();
  person = await visit(browser, gallery.product);
  await signInPage(person.page);
});
afterAll(async () => {
  await browser?.[Symbol.asyncDispose]();
  await gallery?.[Symbol.asyncDispose]();
});

/** How far the page can be scrolled to the side, in pixels. */
const overflow = (page: Page) =>
  page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth');

describe('every page is readable for everybody, light and wide, dark and narrow, and without complaints', () => {
  test.each(PAGE_NAMES)('%s', async (name) => {
    const { page, troubles } = person;
    troubles.length = 0;
    await openLive(page, PAGES[name](gallery));
    const found: Record<string, unknown> = {};
    for (const { width, colorScheme } of LOOKS) {
      await page.setViewportSize({ width, height: 900 });
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      if ((await overflow(page)) !== 0) found[`${width} px`] = 'the page scrolls to the side';
      // Behind the question lies a page that is looked at by itself.
      const violations = await accessibilityViolations(page, name === 'question' ? '[role=alertdialog]' : undefined);
      if (violations.length > 0) found[`${width} px, ${colorScheme}`] = violations;
    }
    expect(found).toEqual({});
    // A page that does not exist says so in the console as well.
    expect(troubles.filter((trouble) => name !== 'no-page' || !trouble.includes('404'))).toEqual([]);
  });
});

describe('with the keyboard alone', () => {
  const isFocused = async (locator: Locator) => (await locator.and(locator.page().locator(':focus')).count()) > 0;

  /** Goes on with the tab key until something has the focus. */
  async function tabTo(page: Page, locator: Locator): Promise<void> {
    for (let step = 0; step < MOST_STEPS; step++) {
      if (await isFocused(locator)) return;
      await page.keyboard.press('Tab');
    }
    throw new Error(`the tab key does not lead to ${String(locator)}`);
  }
  const open = async (address: string) => {
    await person.page.setViewportSize({ width: 1440, height: 900 });
    await openLive(person.page, address);
    return person.page;
  };

  test('the first key leads past the navigation', async () => {
    const page = await open('/jobs');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await expect.poll(() => isFocused(page.locator('main'))).toBe(true);
  });

  test('quick find leads to a job by its number', async () => {
    const page = await open('/');
    await page.keyboard.press('/');
    await page.keyboard.type(String(gallery.jobs.failed.number));
    await page.getByRole('search').getByRole('link', { name: 'Everything of 2026' }).waitFor();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.waitForURL(`**/jobs/${gallery.jobs.failed.id}`);
  });

  test('a question mark shows the keys, and g q goes to the queue', async () => {
    const page = await open('/');
    await page.keyboard.press('?');
    const dialog = page.getByRole('dialog', { name: 'Keyboard' });
    await dialog.waitFor();
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'hidden' });
    await page.keyboard.press('g');
    await page.keyboard.press('q');
    await page.getByRole('heading', { level: 1, name: 'Queue' }).waitFor();
  });

  test('a menu opens, takes a choice and gives the focus back', async () => {
    const page = await open('/jobs');
    const menu = page.locator('summary').filter({ hasText: 'Columns' });
    const owner = page.getByRole('columnheader', { name: 'Owner' });
    await owner.waitFor();
    await tabTo(page, menu);
    await page.keyboard.press('Enter');
    const box = page.getByRole('checkbox', { name: 'Owner', exact: true });
    await box.waitFor();
    for (let step = 0; step < MOST_STEPS && !(await isFocused(box)); step++) await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Space');
    await owner.waitFor({ state: 'hidden' });
    await page.keyboard.press('Space');
    await owner.waitFor();
    await page.keyboard.press('Escape');
    await expect.poll(() => isFocused(menu)).toBe(true);
  });

  test('rows of a table are gone through, selected and opened', async () => {
    const page = await open('/jobs');
    const boxes = page.getByRole('rowgroup').last().getByRole('checkbox');
    await tabTo(page, boxes.first());
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Space');
    expect(await boxes.nth(1).isChecked()).toBe(true);
    await page.getByRole('toolbar').getByText('1 selected').waitFor();
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: /^Job \d+/ }).waitFor();
  });

  test('a question holds the focus until it is answered, and gives it back', async () => {
    const page = await open(PAGES.job(gallery));
    const cancel = page.getByRole('button', { name: 'Cancel', exact: true });
    await tabTo(page, cancel);
    await page.keyboard.press('Enter');
    const question = page.getByRole('alertdialog');
    await question.waitFor();
    for (let step = 0; step < 6; step++) {
      await page.keyboard.press('Tab');
      expect(await isFocused(question.locator('*'))).toBe(true);
    }
    await page.keyboard.press('Escape');
    await question.waitFor({ state: 'hidden' });
    await expect.poll(() => isFocused(cancel)).toBe(true);
  });
});

describe('without scripts', () => {
  let page: Page;
  beforeAll(async () => {
    ({ page } = await visit(browser, gallery.product, false));
    await signInPage(page);
  });

  test('the dashboard says what runs, what waits and why', async () => {
    await page.goto('/');
    const section = (name: string) => page.getByRole('region', { name });
    expect(await section('Running').innerText()).toContain('Thorax CT 2024');
    expect(await section('Waiting and paused').innerText()).toMatch(/Outside the hours of this job, opens .+/);
    expect(await section('Needs you').innerText()).toContain('Old archive is suspended');
  });

  test('a job is found by its number', async () => {
    await page.goto('/find');
    await page.getByRole('main').getByRole('textbox', { name: 'Find' }).fill(`#${gallery.jobs.done.number}`);
    await page.getByRole('main').getByRole('button', { name: 'Find' }).click();
    await page.waitForURL(`**/jobs/${gallery.jobs.done.id}`);
  });

  test('jobs in the queue are made urgent after a question that says the effect', async () => {
    await page.goto('/queue');
    const row = page.getByRole('row').filter({ hasText: 'Follow-up of the thorax CTs' }).first();
    await row.getByRole('checkbox').check();
    await page.getByRole('button', { name: 'Make urgent' }).click();
    const question = page.getByRole('alertdialog');
    expect(await question.innerText()).toContain('1 job');
    await question.getByRole('button', { name: 'Make urgent' }).click();
    await page.getByText('1 job asked.').waitFor();
  });

  test('name and time zone are changed', async () => {
    await page.goto('/account');
    await page.getByLabel('Name', { exact: true }).fill('Ada Example');
    await page.getByRole('button', { name: 'Save name' }).click();
    await page.getByText('Your name is changed.').waitFor();
    expect(await page.getByRole('banner').innerText()).toContain('Ada Example');
    await page.getByLabel('Time zone').selectOption('Asia/Tokyo');
    await page.getByRole('button', { name: 'Save time zone' }).click();
    await page.getByText('Dates and times are shown in this zone now.').waitFor();
    expect(await page.locator('time').first().getAttribute('title')).toContain('Asia/Tokyo');
  });
});

import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { AxeResults, RunOptions } from 'axe-core';
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';
import { findProgram } from './services/index.ts';

/** Without animations, which would be drawn all the time. */
const reducedMotion = 'reduce';
/** How long the browser may take to start, ms. */
const LAUNCH_DEADLINE_MS = 60_000;

/** A Chromium whose pages are closed with it. */
export interface TestBrowser extends AsyncDisposable {
  readonly browser: Browser;
  /** A page with cookies of its own; without JavaScript when asked for. */
  newPage(options?: { readonly javaScript?: boolean; readonly baseUrl?: string }): Promise<Page>;
}

/**
 * Starts the Chromium of the distribution (CHROMIUM, else its `chromium-headless-shell`), which shows no window.
 *
 * @throws ServiceError naming the command that installs it
 */
export async function launchBrowser(): Promise<TestBrowser> {
  const given = process.env['CHROMIUM'];
  const shell = 'chromium-headless-shell';
  const executablePath = await findProgram(shell, [...(given ? [given] : []), `/usr/bin/${shell}`]);
  const browser = await chromium.launch({ executablePath, timeout: LAUNCH_DEADLINE_MS });
  const newContext = (javaScript: boolean, baseURL: string | undefined): Promise<BrowserContext> =>
    browser.newContext({ javaScriptEnabled: javaScript, baseURL, locale: 'en-GB', timezoneId: 'UTC', reducedMotion });
  return {
    browser,
    newPage: async ({ javaScript = true, baseUrl } = {}) => (await newContext(javaScript, baseUrl)).newPage(),
    [Symbol.asyncDispose]: () => browser.close(),
  };
}

/** A rule that a page breaks: its id, what it is about, and the elements concerned as selectors. */
export interface Violation {
  readonly id: string;
  readonly impact: string;
  readonly help: string;
  readonly targets: readonly string[];
}

interface Axe {
  run(within: string, options: RunOptions): Promise<AxeResults>;
}

/**
 * What axe-core finds wrong with the page as it is shown now, by the rules of WCAG 2.2 level AA.
 *
 * @param within selector of the part that is looked at; all of it by default
 */
export async function accessibilityViolations(page: Page, within = 'html'): Promise<Violation[]> {
  if (!(await page.evaluate('"axe" in globalThis'))) {
    const file = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
    // Evaluated by the debugger, which a content security policy does not forbid.
    await page.evaluate(await readFile(file, 'utf8'));
  }
  const results = await page.evaluate(async (part) => {
    const { axe } = globalThis as unknown as { axe: Axe };
    const runOnly = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];
    return axe.run(part, { runOnly, resultTypes: ['violations'] });
  }, within);
  return results.violations.map(({ id, impact, help, nodes }) => ({
    id,
    impact: impact ?? 'unknown',
    help,
    targets: nodes.map((node) => node.target.join(' ')),
  }));
}

import { expect, test } from 'vitest';
import { accessibilityViolations, launchBrowser } from './browser.ts';

test('Chromium shows a page and axe finds what is wrong with it', async () => {
  await using chromium = await launchBrowser();
  const page = await chromium.newPage();
  await page.setContent('<html lang="en"><title>Page</title><main><h1>Fine</h1></main></html>');
  expect(await accessibilityViolations(page)).toEqual([]);
  await page.setContent('<html lang="en"><title>Page</title><main><h1>Poor</h1><input></main></html>');
  expect(await accessibilityViolations(page)).toMatchObject([{ id: 'label', targets: ['input'] }]);
});

test('axe also runs under a strict content security policy', async () => {
  await using chromium = await launchBrowser();
  const page = await chromium.newPage();
  const policy = `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'none'">`;
  await page.setContent(`<html lang="en"><head>${policy}<title>Page</title></head><main><h1>Fine</h1></main></html>`);
  expect(await accessibilityViolations(page)).toEqual([]);
});

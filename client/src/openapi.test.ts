import { readFile } from 'node:fs/promises';
import openapiTS from 'openapi-typescript';
import { expect, test } from 'vitest';

test('the document is valid OpenAPI 3.1', async () => {
  const file = new URL('../openapi.json', import.meta.url);
  const document = JSON.parse(await readFile(file, 'utf8')) as { openapi: string };
  expect(document.openapi).toBe('3.1.0');
  // The generator validates before it writes types, and throws on what it finds.
  await expect(openapiTS(file)).resolves.not.toHaveLength(0);
});

import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { openApiDocument } from './openapi.ts';
import { operations } from './operations/index.ts';

const document = openApiDocument();

function* referencesIn(value: unknown): Generator<string> {
  if (typeof value !== 'object' || value === null) return;
  for (const [key, inner] of Object.entries(value)) {
    if (key === '$ref') yield String(inner);
    else yield* referencesIn(inner);
  }
}

test('every reference of the document leads somewhere', () => {
  const references = [...new Set(referencesIn(document))];
  expect(references.length).toBeGreaterThan(10);
  for (const reference of references) {
    const target = reference
      .replace('#/', '')
      .split('/')
      .reduce<unknown>((at, name) => (at as Record<string, unknown> | undefined)?.[name], document);
    expect(target, reference).toBeTypeOf('object');
  }
});

test('operations have names of their own and places of their own', () => {
  expect(new Set(operations.map(({ id }) => id)).size).toBe(operations.length);
  expect(new Set(operations.map(({ method, path }) => `${method} ${path}`)).size).toBe(operations.length);
});

test('the document from which the client is made is up to date', async () => {
  const committed = await readFile(new URL('../../client/openapi.json', import.meta.url), 'utf8');
  expect(JSON.parse(committed), 'run: npm run openapi -w @viaduct/api').toEqual(JSON.parse(JSON.stringify(document)));
});

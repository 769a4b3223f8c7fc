import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { fixtures } from '../harness/fixtures.ts';
import { hostileFiles } from '../harness/hostile.ts';
import { mutate } from '../harness/mutate.ts';
import { ordeal } from '../harness/ordeal.ts';
import { Random } from '../harness/random.ts';

const folder = mkdtempSync(join(tmpdir(), 'viaduct-fuzz-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What scripts/fuzzPart10.ts left behind. */
const FOUND = new URL('corpus/', import.meta.url);
const found = existsSync(FOUND) ? readdirSync(FOUND) : [];

test.each(fixtures())('$name survives edits at random', async ({ bytes }) => {
  for (let seed = 0; seed < 10; seed += 1)
    expect(await ordeal(bytes, join(folder, 'fixture.dcm'), seed)).toBe('edited');
});

test.each(hostileFiles())('$name ends in an edit or a cause', async ({ bytes }) => {
  expect(await ordeal(bytes, join(folder, 'hostile.dcm'), 1)).toBeTypeOf('string');
});

test.each(found)('%s, once found by the fuzzer, ends in an edit or a cause', async (name) => {
  expect(await ordeal(readFileSync(new URL(name, FOUND)), join(folder, 'found.dcm'), 1)).toBeTypeOf('string');
});

test('1,000 mutated files end in an edit or a cause', async () => {
  const random = new Random(1);
  const corpus = fixtures().map(({ bytes }) => bytes);
  const outcomes = new Set<string>();
  for (let count = 0; count < 1000; count += 1) {
    outcomes.add(await ordeal(mutate(random.pick(corpus), random, corpus), join(folder, 'mutated.dcm'), count));
  }
  expect([...outcomes].sort()).toEqual(expect.arrayContaining(['edited', 'malformed', 'not-part10', 'truncated']));
});

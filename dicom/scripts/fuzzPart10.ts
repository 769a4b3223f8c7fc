/**
 * Puts mutated files through everything that reads files, each made from a fixture or a test file by seeded mutations. Ends with 1 when
 * one of them crashes, hangs or is changed, and then leaves it in dicom/src/part10/corpus, from where the tests take it.
 *
 *   node dicom/scripts/fuzzPart10.ts [--runs 10000] [--seed 1]
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { fixtures } from '../src/harness/fixtures.ts';
import { mutate } from '../src/harness/mutate.ts';
import { ordeal } from '../src/harness/ordeal.ts';
import { Random } from '../src/harness/random.ts';
import { TEST_FILES, testFile } from '../src/testFiles.ts';

const { values } = parseArgs({
  options: { runs: { type: 'string', default: '10000' }, seed: { type: 'string', default: '1' } },
});
const runs = Number(values.runs);
const seed = Number(values.seed);
const MAX_FILE_BYTES = 256 * 1024;
/** A file of at most 2 MB that takes longer hangs, in ms. */
const DEADLINE_MS = 20_000;
const MiB = 1024 * 1024;

const corpus = [
  ...fixtures().map(({ bytes }) => bytes),
  ...TEST_FILES.map((name) => readFileSync(testFile(name))),
].filter(({ length }) => length <= MAX_FILE_BYTES);
const folder = mkdtempSync(join(tmpdir(), 'viaduct-fuzz-'));
const path = join(folder, 'mutated.dcm');
const outcomes = new Map<string, number>();
let slowest = 0;
let peak = 0;
const before = process.memoryUsage.rss();

for (let run = 0; run < runs; run += 1) {
  const random = new Random(seed * 1_000_003 + run);
  const bytes = mutate(random.pick(corpus), random, corpus);
  const start = performance.now();
  try {
    const outcome = await ordeal(bytes, path, run);
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    if (performance.now() - start > DEADLINE_MS) throw new Error('took too long');
  } catch (error) {
    const found = fileURLToPath(new URL(`../src/part10/corpus/seed-${seed}-run-${run}.dcm`, import.meta.url));
    mkdirSync(join(found, '..'), { recursive: true });
    writeFileSync(found, bytes);
    console.error(`run ${run} of seed ${seed}, kept as ${found}:`, error);
    process.exitCode = 1;
  }
  slowest = Math.max(slowest, performance.now() - start);
  peak = Math.max(peak, process.memoryUsage.rss());
}
rmSync(folder, { recursive: true, force: true });
console.log(`${runs} files of seed ${seed}, mutated from ${corpus.length}`);
for (const [outcome, count] of [...outcomes].sort((a, b) => b[1] - a[1])) console.log(`${outcome.padEnd(24)}${count}`);
console.log(
  `slowest ${Math.round(slowest)} ms, memory ${Math.round(before / MiB)} MB, at its peak ${Math.round(peak / MiB)} MB`,
);

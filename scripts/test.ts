import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { build, turbo } from './lib/build.ts';
import { ensurePeers } from './lib/debian.ts';
import { command, say } from './lib/sentence.ts';
import { findTemporalCli } from './lib/temporalCli.ts';

const root = path.dirname(import.meta.dirname);
const bin = (name: string) => path.join(root, 'node_modules', '.bin', name);

interface Counts {
  passed: number;
  failed: number;
}

/** A check that is not made of single tests counts as one. */
function check(name: string, passes: boolean): Counts {
  if (!passes) say(`${name} failed; see above.`);
  return passes ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };
}

function runs(program: string, args: readonly string[]): boolean {
  return spawnSync(bin(program), args, { cwd: root, stdio: 'inherit' }).status === 0;
}

/** Runs the tests; a run that breaks off counts as one failure more. */
function vitest(filters: readonly string[]): Counts {
  const folder = mkdtempSync(path.join(tmpdir(), 'viaduct-tests-'));
  try {
    const file = path.join(folder, 'result.json');
    const passes = runs('vitest', [
      'run',
      '--project=rooms',
      '--project=product',
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${file}`,
      ...filters,
    ]);
    const result = JSON.parse(readFileSync(file, 'utf8')) as { numPassedTests: number; numFailedTests: number };
    const failed = result.numFailedTests;
    return { passed: result.numPassedTests, failed: !passes && failed === 0 ? 1 : failed };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

await command(async () => {
  const filters = process.argv.slice(2);
  process.env.TEMPORAL_CLI = findTemporalCli();
  ensurePeers();
  build(root);
  const counts = [
    ...(filters.length > 0
      ? []
      : [
          check('lint', runs('eslint', ['.'])),
          check('format', runs('prettier', ['--check', '--log-level=warn', '.'])),
          check('types', turbo(root, ['check', 'check:types'], 'errors-only')),
        ]),
    vitest(filters),
  ];
  const sum = counts.reduce((all, one) => ({ passed: all.passed + one.passed, failed: all.failed + one.failed }));
  if (sum.failed > 0) process.exitCode = 1;
  console.log(`${sum.passed} passed, ${sum.failed} failed`);
});

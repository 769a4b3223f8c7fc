import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { build, QUIET_TURBO, turbo } from './lib/build.ts';
import { ensurePeers } from './lib/debian.ts';
import { command, say } from './lib/sentence.ts';
import { findTemporalCli } from './lib/temporalCli.ts';

const root = path.dirname(import.meta.dirname);
const bin = (name: string) => path.join(root, 'node_modules', '.bin', name);

/** More files than this that fail are a defect, not a busy machine. */
const UNSTEADY_AT_MOST = 3;

interface Counts {
  readonly passed: number;
  readonly failed: number;
}

/** What vitest's JSON report says. */
interface Report {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly testResults: readonly { readonly name: string; readonly status: string }[];
}

const sum = (counts: readonly Counts[]): Counts =>
  counts.reduce((all, one) => ({ passed: all.passed + one.passed, failed: all.failed + one.failed }));

/** A check that is not made of single tests counts as one; what it prints is shown when it fails. */
async function check(name: string, program: string, args: readonly string[]): Promise<Counts> {
  const child = spawn(bin(program), args, {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...QUIET_TURBO },
  });
  const [out, errors] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  if (child.exitCode === 0) return { passed: 1, failed: 0 };
  process.stderr.write(`${out}${errors}`);
  say(`${name} failed; see above.`);
  return { passed: 0, failed: 1 };
}

/** Lint, format and types, side by side. */
async function checks(): Promise<Counts> {
  return sum(
    await Promise.all([
      check('types', 'turbo', turbo('check', 'check:types')),
      check('lint', 'eslint', ['.']),
      check('format', 'prettier', ['--check', '--log-level=warn', '.']),
    ]),
  );
}

function vitest(args: readonly string[]): { report: Report; passes: boolean } {
  const folder = mkdtempSync(path.join(tmpdir(), 'viaduct-tests-'));
  try {
    const file = path.join(folder, 'result.json');
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
    const run = ['run', '--project=rooms', '--project=product', ...reporters, ...args];
    const { status } = spawnSync(bin('vitest'), run, { cwd: root, stdio: 'inherit' });
    return { report: JSON.parse(readFileSync(file, 'utf8')) as Report, passes: status === 0 };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * Runs the tests. A file that fails is run once more, alone: when it passes then, the run says so, loudly, and goes on,
 * for a wait that is too short on a busy machine must not hide what the other tests found.
 * A run that breaks off counts as one failure more.
 */
function tests(filters: readonly string[]): Counts {
  const { report, passes } = vitest(filters);
  const counts = { passed: report.numPassedTests, failed: report.numFailedTests };
  const failed = report.testResults.filter(({ status }) => status === 'failed');
  if (passes) return counts;
  if (failed.length === 0 || failed.length > UNSTEADY_AT_MOST) return { ...counts, failed: counts.failed || 1 };
  say(`${failed.length} test files failed; each is run once more, alone.`);
  const again = vitest(['--maxWorkers=1', ...failed.map(({ name }) => path.relative(root, name))]);
  if (!again.passes) return { ...counts, failed: again.report.numFailedTests || 1 };
  for (const { name } of failed)
    say(`NOT STEADY: ${path.relative(root, name)} failed beside other tests and passed alone.`);
  return { passed: counts.passed + counts.failed, failed: 0 };
}

await command(async () => {
  const filters = process.argv.slice(2);
  process.env.TEMPORAL_CLI = findTemporalCli();
  ensurePeers();
  build(root);
  const counts = sum([...(filters.length > 0 ? [] : [await checks()]), tests(filters)]);
  if (counts.failed > 0) process.exitCode = 1;
  console.log(`${counts.passed} passed, ${counts.failed} failed`);
});

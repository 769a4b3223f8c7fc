import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { Sentence, say } from './sentence.ts';

/** Runs turbo tasks; what has not changed since the last time is taken from its cache. */
export function turbo(root: string, tasks: readonly string[], output: 'full' | 'errors-only'): boolean {
  const result = spawnSync(
    path.join(root, 'node_modules', '.bin', 'turbo'),
    ['run', ...tasks, `--output-logs=${output}`, '--no-update-notifier'],
    {
      cwd: root,
      stdio: output === 'full' ? 'inherit' : ['ignore', 'pipe', 'pipe'],
      encoding: 'utf8',
      env: { ...process.env, TURBO_TELEMETRY_DISABLED: '1', DO_NOT_TRACK: '1' },
    },
  );
  if (result.status !== 0 && output !== 'full') process.stderr.write(`${result.stdout}${result.stderr}`);
  return result.status === 0;
}

/** Generates the database client and the API client, and builds pages and workflow bundle where they are stale. */
export function build(root: string): void {
  say('building what has changed …');
  if (!turbo(root, ['generate', 'build'], 'errors-only'))
    throw new Sentence('the build failed; the messages above say where.');
}

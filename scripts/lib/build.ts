import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { Sentence, say } from './sentence.ts';

/** turbo tells nobody what it runs. */
export const QUIET_TURBO = { TURBO_TELEMETRY_DISABLED: '1', DO_NOT_TRACK: '1' };
/** How turbo is called: what has not changed since the last time is taken from its cache. */
export const turbo = (...tasks: readonly string[]): string[] => [
  'run',
  ...tasks,
  '--output-logs=errors-only',
  '--no-update-notifier',
];

/** Generates the database client and the API client, and builds pages and workflow bundle where they are stale. */
export function build(root: string): void {
  say('building what has changed …');
  const result = spawnSync(path.join(root, 'node_modules', '.bin', 'turbo'), turbo('generate', 'build'), {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    encoding: 'utf8',
    env: { ...process.env, ...QUIET_TURBO },
  });
  if (result.status === 0) return;
  process.stderr.write(`${result.stdout}${result.stderr}`);
  throw new Sentence('the build failed; the messages above say where.');
}

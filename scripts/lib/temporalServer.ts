import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { Sentence, say } from './sentence.ts';

const PACKAGES = { server: 'temporal-server', 'tools/sql': 'temporal-sql-tool' } as const;

/** The version that the production compose file pins. */
function pinnedVersion(root: string): string {
  const text = readFileSync(path.join(root, 'temporal', 'docker-compose.yml'), 'utf8');
  const version = /image: temporalio\/server:(\S+)/.exec(text)?.[1];
  if (!version) throw new Error('temporal/docker-compose.yml names no Temporal server');
  return version;
}

/** Go from PATH, else from where its own instructions put it. */
function findGo(): string | undefined {
  return ['go', '/usr/local/go/bin/go'].find((go) => spawnSync(go, ['version'], { stdio: 'ignore' }).status === 0);
}

/** Compiles the programs into a folder; Go's own checksum database vouches for the sources. */
function compile(version: string, folder: string): void {
  const go = findGo();
  if (!go) {
    throw new Sentence(
      `Go is needed to build the Temporal server ${version} for this test. Install it from https://go.dev/dl/ (into /usr/local/go), then run the command again.`,
    );
  }
  say(`compiling the Temporal server ${version} and its schema tool with Go (3–8 minutes, once) …`);
  const packages = Object.keys(PACKAGES).map((name) => `go.temporal.io/server/cmd/${name}@v${version}`);
  const result = spawnSync(go, ['install', ...packages], { stdio: 'inherit', env: { ...process.env, GOBIN: folder } });
  if (result.status !== 0)
    throw new Sentence(`the Temporal server could not be compiled; the messages of Go above say why.`);
  for (const [source, name] of Object.entries(PACKAGES))
    renameSync(path.join(folder, path.basename(source)), path.join(folder, name));
}

/**
 * The folder with `temporal-server`, `temporal-sql-tool` and `temporal` as the images of the compose file have them.
 * Made once per version in the user's cache, beside the Temporal CLI.
 * @param cli the Temporal CLI
 * @throws Sentence when Go is missing or fails
 */
export function temporalPrograms(root: string, cli: string): string {
  const version = pinnedVersion(root);
  const cache = path.join(process.env.XDG_CACHE_HOME ?? path.join(homedir(), '.cache'), 'viaduct');
  const folder = path.join(cache, `temporal-server-${version}`);
  if (!existsSync(folder)) {
    mkdirSync(cache, { recursive: true });
    const draft = mkdtempSync(`${folder}.`);
    try {
      compile(version, draft);
      renameSync(draft, folder);
    } finally {
      rmSync(draft, { recursive: true, force: true });
    }
  }
  const link = path.join(folder, 'temporal');
  rmSync(link, { force: true });
  const found = spawnSync('sh', ['-c', 'command -v "$0"', cli], { encoding: 'utf8' });
  symlinkSync(found.stdout.trim(), link);
  return folder;
}

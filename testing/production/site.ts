import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import pg from 'pg';
import {
  accepts,
  freePort,
  run,
  startPostgres,
  startService,
  temporaryFolder,
  type Outcome,
  type Postgres,
  type RunningService,
} from '@viaduct/testing';
import {
  COMPOSE_FOLDER,
  laidOver,
  readCompose,
  readDockerfile,
  startCommand,
  type Compose,
  type ComposeService,
  type STARTED,
} from '@viaduct/testing/production';
import { freePorts } from './ports.ts';

const root = path.dirname(COMPOSE_FOLDER);
const SECRETS = '/run/secrets/';
/** Ports of the Temporal server, by their distance from the first. */
const TEMPORAL_PORTS = [0, 1, 2, 3, 100, 101, 102, 103];
/** Short times, so that recovery is seen in seconds; everything else as in the compose file. */
const IMPATIENT = {
  VIADUCT_HEARTBEAT_TIMEOUT_MS: '4000',
  VIADUCT_RETRY_INTERVAL_MS: '500',
  VIADUCT_LEASE_TTL_MS: '5000',
  // Longer than a silent host is still taken for alive (30 s), or its loss would be counted several times.
  VIADUCT_HOST_LOST_AFTER_MS: '35000',
  VIADUCT_SPOOL_RESERVE_MB: '1',
};

/** A service of the compose file. */
export type ServiceName = (typeof STARTED)[number];

/** The production topology on this machine, service by service, each started as the compose file says. */
export interface Site extends AsyncDisposable {
  readonly compose: Compose;
  readonly url: string;
  readonly temporalPort: number;
  /** The folder that make-secrets.sh has filled. */
  readonly secrets: string;
  readonly database: pg.Pool;
  /** Port of a worker's receiver: what tells the hosts apart in the database. */
  readonly receiverPorts: Readonly<Record<'worker-1' | 'worker-2', number>>;
  /** The start commands that have been run, as the compose file or the image has them. */
  readonly ran: ReadonlyMap<ServiceName, readonly string[]>;
  /** Runs a one-shot to its end; throws unless it ends with 0. */
  oneShot(name: ServiceName): Promise<Outcome>;
  /** Starts a service and waits until its health check says that it is well. */
  start(name: ServiceName, ready?: (service: RunningService) => boolean): Promise<RunningService>;
  /** What the health check of a service of ours says now: the exit code. */
  health(name: ServiceName): Promise<number>;
}

/** Runs a command of the compose file on this machine: its programs from the cache, Node as we run it. */
function programOf(name: string): string {
  if (name === 'node') return process.execPath;
  return name.startsWith('temporal') ? path.join(programs(), name) : name;
}

function programs(): string {
  const folder = process.env['TEMPORAL_PROGRAMS'];
  if (!folder) throw new Error('run this test with: npm run test:production');
  return folder;
}

/** Secrets by the very script that an operator runs; only the address of the database is another one. */
async function makeSecrets(folder: string, postgresPort: number, tls: boolean): Promise<void> {
  for (const script of ['make-secrets.sh', ...(tls ? ['make-certificates.sh'] : [])]) {
    const { code, stderr } = await run('/bin/sh', [path.join(COMPOSE_FOLDER, script), folder]);
    if (code !== 0) throw new Error(`${script}: ${stderr}`);
  }
  const file = path.join(folder, 'database-url');
  const url = await readFile(file, 'utf8');
  await chmod(file, 0o600);
  await writeFile(file, url.replace('@postgres:5432/', `@127.0.0.1:${postgresPort}/`));
  // In a container the files are mounted one by one; here PostgreSQL's user must get into the folder.
  await chmod(folder, 0o711);
}

/** What the image of PostgreSQL does at its first start. */
async function prepareDatabase(postgres: Postgres, secrets: string): Promise<pg.Pool> {
  await postgres.createDatabase('viaduct');
  const database = new pg.Pool({ connectionString: postgres.connectionString('viaduct'), max: 3 });
  database.on('error', () => undefined);
  const roles = await readFile(path.join(COMPOSE_FOLDER, 'postgres/roles.sql'), 'utf8');
  await database.query(roles.replaceAll(SECRETS, `${secrets}/`));
  return database;
}

interface Ports {
  readonly postgres: number;
  readonly temporal: number;
  readonly api: number;
  readonly web: number;
  readonly 'worker-1': number;
  readonly 'worker-2': number;
}

/** What stands for the host names and fixed ports inside the networks of the compose file. */
function addresses(ports: Ports): Readonly<Record<ServiceName, Readonly<Record<string, string | number>>>> {
  const here = '127.0.0.1';
  const temporal = { TEMPORAL_ADDRESS: `${here}:${ports.temporal}` };
  const receiver = (port: number) => ({ ...temporal, VIADUCT_RECEIVER_HOST: here, VIADUCT_RECEIVER_PORT: port });
  return {
    'temporal-schema': { SQL_HOST: here, SQL_PORT: ports.postgres },
    temporal: { TEMPORAL_DATABASE: `${here}:${ports.postgres}`, TEMPORAL_PORT: ports.temporal, TEMPORAL_BIND: here },
    'temporal-namespace': temporal,
    migrate: {},
    api: {
      ...temporal,
      VIADUCT_HTTP_HOST: here,
      VIADUCT_HTTP_PORT: ports.api,
      VIADUCT_WEB_HOST: here,
      VIADUCT_WEB_PORT: ports.web,
    },
    web: { HOST: here, PORT: ports.web, VIADUCT_API: `http://${here}:${ports.api}` },
    'worker-1': receiver(ports['worker-1']),
    'worker-2': receiver(ports['worker-2']),
  };
}

export interface SiteOptions {
  /** Mutual TLS to Temporal, as docker-compose.tls.yml lays it over the main file. */
  readonly tls?: boolean;
  /** The URL that people type; by default that of the api itself. */
  readonly origin?: string;
}

/** Makes folders, secrets, PostgreSQL with its roles; starts nothing else. */
export async function openSite(options: SiteOptions = {}): Promise<Site> {
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(await temporaryFolder('viaduct-production-')).path;
  await chmod(folder, 0o711);
  const [secrets, home] = [path.join(folder, 'secrets'), path.join(folder, 'home')];
  await mkdir(home);
  const postgres = stack.use(await startPostgres());
  const ports: Ports = {
    postgres: postgres.port,
    temporal: await freePorts(TEMPORAL_PORTS),
    api: await freePort(),
    web: await freePort(),
    'worker-1': await freePort(),
    'worker-2': await freePort(),
  };
  const url = `http://127.0.0.1:${ports.api}`;
  const variables = { VIADUCT_ORIGIN: options.origin ?? url };
  const base = await readCompose('docker-compose.yml', variables);
  const compose = options.tls ? laidOver(base, await readCompose('docker-compose.tls.yml', variables)) : base;
  const stages = await readDockerfile();
  await makeSecrets(secrets, postgres.port, options.tls ?? false);
  const database = await prepareDatabase(postgres, secrets);
  stack.defer(() => database.end());

  const ran = new Map<ServiceName, readonly string[]>();
  const serviceOf = (name: ServiceName): ComposeService => {
    const service = compose.services[name];
    if (!service) throw new Error(`no service ${name}`);
    return service;
  };
  /** Paths in the container, as paths here: the mounts of the service, its secrets, the folder of all data. */
  const placed = (service: ComposeService) => {
    const mounts = (service.volumes ?? []).map((volume) => {
      const [source = '', target = ''] = volume.split(':');
      return [target, source.startsWith('./') ? path.join(COMPOSE_FOLDER, source) : path.join(home, source)] as const;
    });
    const all = [...mounts, [SECRETS.slice(0, -1), secrets] as const, ['/var/lib/viaduct', home] as const];
    const longestFirst = all.toSorted(([a], [b]) => b.length - a.length);
    return (text: string) => longestFirst.reduce((now, [there, here]) => now.replaceAll(there, here), text);
  };
  const environmentOf = (name: ServiceName) => {
    const place = placed(serviceOf(name));
    const here = addresses(ports)[name];
    const own = Object.entries({ ...serviceOf(name).environment, TZ: 'UTC', NODE_ENV: 'production' });
    return {
      ...IMPATIENT,
      PATH: `${programs()}${path.delimiter}${process.env['PATH'] ?? ''}`,
      ...Object.fromEntries(own.map(([key, value]) => [key, String(here[key] ?? place(String(value)))])),
      ...Object.fromEntries(Object.entries(here).map(([key, value]) => [key, String(value)])),
    };
  };
  const commandOf = (name: ServiceName) => {
    const command = startCommand(serviceOf(name), stages);
    if (!command) throw new Error(`${name} has no start command of ours`);
    ran.set(name, command);
    const [program = '', ...args] = command;
    return { command: programOf(program), args: args.map(placed(serviceOf(name))) };
  };
  const health = async (name: ServiceName) => {
    const [, program = '', ...args] = serviceOf(name).healthcheck?.test ?? [];
    // Only a look at the port: nothing of ours, and not in every system's netcat alike.
    if (program === 'nc') return (await accepts(ports.temporal)) ? 0 : 1;
    return (await run(programOf(program), args, { cwd: root, env: environmentOf(name) })).code;
  };

  const resources = stack.move();
  return {
    compose,
    url,
    temporalPort: ports.temporal,
    secrets,
    database,
    receiverPorts: ports,
    ran,
    health,
    async oneShot(name) {
      const { command, args } = commandOf(name);
      const outcome = await run(command, args, { cwd: root, env: environmentOf(name), deadlineMs: 120_000 });
      if (outcome.code !== 0)
        throw new Error(`${name} ended with ${outcome.code}:\n${outcome.stdout}${outcome.stderr}`);
      return outcome;
    },
    async start(name, ready = () => true) {
      const well = async (service: RunningService) => ready(service) && (await health(name)) === 0;
      const options = { ...commandOf(name), cwd: root, env: environmentOf(name), ready: well, deadlineMs: 90_000 };
      return resources.use(await startService(options));
    },
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}

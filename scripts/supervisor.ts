import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { closeSync, existsSync, openSync, renameSync, statSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import type { Settings } from '@viaduct/configuration';
import { loadKey, migrate } from '@viaduct/prisma';
import { Child } from './lib/child.ts';
import { ensureDatabase } from './lib/database.ts';
import { prepareFolders, settingsOrSentence, takeOver } from './lib/home.ts';
import { Place } from './lib/place.ts';
import { connectionString, locateCluster, startPostgres } from './lib/postgres.ts';
import { forget, waitUntil } from './lib/processes.ts';
import { Sentence, say } from './lib/sentence.ts';
import { startTemporal, temporalAnswers } from './lib/temporal.ts';

const root = path.dirname(import.meta.dirname);
const READY_DEADLINE_MS = 180_000;
/**
 * Memory for what lives longer, MB. What pages and answers leave behind would otherwise be let lie until it is a share
 * of the machine's memory. The api reads jobs of 100,000 studies in one piece.
 */
const OLD_SPACE_MB = { api: 768, web: 160 } as const;

interface Context {
  readonly settings: Settings;
  readonly runFolder: string;
  readonly logFolder: string;
  /** PostgreSQL and Temporal: started first, stopped last and one after the other. */
  readonly servers: Child[];
  readonly processes: Child[];
  environment: NodeJS.ProcessEnv;
  /** The api's word that people may sign in, with the one-time password of a first start. */
  people?: { readonly administrator?: { readonly username: string; readonly password: string } };
}

/** Opens the log of a process; the last one is kept beside it when it has grown. */
function openLog(folder: string, name: string): number {
  const file = path.join(folder, `${name}.log`);
  if (existsSync(file) && statSync(file).size > 20 * 1024 ** 2) renameSync(file, `${file}.1`);
  return openSync(file, 'a', 0o600);
}

interface Plan {
  readonly name: string;
  readonly graceMs: number;
  readonly stopSignal?: NodeJS.Signals;
  /** Where it listens. */
  readonly place?: Place;
  /** Tells the others that its place had to be chosen again. */
  readonly moved?: () => void;
  start(log: number): Promise<ChildProcess> | ChildProcess;
}

async function keep(context: Context, group: Child[], plan: Plan): Promise<void> {
  const launch = async () => {
    if (await plan.place?.settle()) plan.moved?.();
    const log = openLog(context.logFolder, plan.name);
    try {
      return await plan.start(log);
    } finally {
      closeSync(log);
    }
  };
  const child = new Child({ ...plan, start: launch }, context.runFolder);
  group.push(child);
  await child.start();
}

/** Changes what processes are told at their start; those that are concerned and run already are started again. */
function tell(context: Context, changes: NodeJS.ProcessEnv, concerned: readonly string[] = ['api', 'worker']): void {
  Object.assign(context.environment, changes);
  for (const child of context.processes) if (concerned.includes(child.name)) void child.renew();
}

/** A process of ours: ends itself when the supervisor is gone (its IPC channel closes). */
function node(context: Context, log: number, args: readonly string[], extra: NodeJS.ProcessEnv = {}): ChildProcess {
  const child = spawn(process.execPath, args, {
    cwd: root,
    detached: true,
    stdio: ['ignore', log, log, 'ipc'],
    env: { ...context.environment, ...extra },
  });
  child.on('message', (message) => {
    if (typeof message === 'object' && 'event' in message && message.event === 'people-ready')
      context.people = message as NonNullable<Context['people']>;
  });
  return child;
}

async function startDatabase(context: Context): Promise<string> {
  const { settings } = context;
  if (settings.DATABASE_URL) return settings.DATABASE_URL;
  const cluster = locateCluster(settings.home, settings.secrets);
  const place = await Place.chosen();
  const address = (name: string) => connectionString(cluster, place.port, name);
  const start = (log: number) => startPostgres(cluster, place.port, log);
  const moved = () => tell(context, { DATABASE_URL: address('viaduct') });
  await keep(context, context.servers, {
    name: 'postgres',
    graceMs: 30_000,
    stopSignal: 'SIGINT',
    place,
    moved,
    start,
  });
  await ensureDatabase(() => address('postgres'), 'viaduct');
  return address('viaduct');
}

async function startEngine(context: Context): Promise<string> {
  const { settings } = context;
  if (settings.TEMPORAL_ADDRESS) return settings.TEMPORAL_ADDRESS;
  const place = await Place.chosen();
  const address = () => `127.0.0.1:${place.port}`;
  const start = (log: number) =>
    startTemporal({ home: settings.home, port: place.port, namespace: settings.TEMPORAL_NAMESPACE, log });
  const moved = () => tell(context, { TEMPORAL_ADDRESS: address() });
  await keep(context, context.servers, { name: 'temporal', graceMs: 15_000, place, moved, start });
  if (!(await waitUntil(() => temporalAnswers(place.port), 60_000))) {
    throw new Sentence(
      `the Temporal server did not start within 60 s; see ${path.join(context.logFolder, 'temporal.log')}.`,
    );
  }
  return address();
}

const oldSpace = (name: keyof typeof OLD_SPACE_MB) => `--max-old-space-size=${OLD_SPACE_MB[name]}`;

/** Where the processes of this machine reach the api. */
function localApi(settings: Settings): string {
  const host = settings.VIADUCT_HTTP_HOST === '0.0.0.0' ? '127.0.0.1' : settings.VIADUCT_HTTP_HOST;
  return `http://${host}:${settings.VIADUCT_HTTP_PORT}`;
}

/** The ports that settings give; each child asks for its own again before it starts. */
function givenPlaces(settings: Settings) {
  return {
    api: Place.given(settings.VIADUCT_HTTP_PORT, settings.VIADUCT_HTTP_HOST, 'VIADUCT_HTTP_PORT'),
    worker: Place.given(settings.VIADUCT_RECEIVER_PORT, settings.VIADUCT_RECEIVER_HOST, 'VIADUCT_RECEIVER_PORT'),
    // A fixed port would be shared with another Viaduct of this machine: people would see the pages of the other one.
    ...(settings.VIADUCT_WEB_PORT && {
      web: Place.given(settings.VIADUCT_WEB_PORT, '127.0.0.1', 'VIADUCT_WEB_PORT'),
    }),
  };
}

async function startProcesses(context: Context, places: ReturnType<typeof givenPlaces>): Promise<void> {
  const { settings, processes } = context;
  const webPlace = places.web ?? (await Place.chosen());
  const tellWebPort = () => tell(context, { VIADUCT_WEB_PORT: String(webPlace.port) }, ['api']);
  tellWebPort();
  // The api process passes page requests on and says in these headers how the browser reached it.
  const forwarded = {
    PROTOCOL_HEADER: 'x-forwarded-proto',
    HOST_HEADER: 'x-forwarded-host',
    ADDRESS_HEADER: 'x-forwarded-for',
  };
  const web = {
    HOST: '127.0.0.1',
    SHUTDOWN_TIMEOUT: '3',
    VIADUCT_API: localApi(settings),
    ...forwarded,
  };
  await Promise.all([
    keep(context, processes, {
      name: 'api',
      graceMs: 10_000,
      place: places.api,
      start: (log) => node(context, log, [oldSpace('api'), 'api/src/main.ts']),
    }),
    keep(context, processes, {
      name: 'worker',
      graceMs: 30_000,
      place: places.worker,
      start: (log) => node(context, log, ['activities/src/main.ts']),
    }),
    keep(context, processes, {
      name: 'web',
      graceMs: 5_000,
      place: webPlace,
      moved: tellWebPort,
      start: (log) =>
        node(context, log, [oldSpace('web'), 'web/build/index.js'], { ...web, PORT: String(webPlace.port) }),
    }),
  ]);
}

async function startDemoOf(context: Context, database: string, reset: boolean): Promise<void> {
  const {
    home,
    secrets,
    folderRoots,
    VIADUCT_RECEIVER_AE_TITLE: aeTitle,
    VIADUCT_RECEIVER_PORT: port,
  } = context.settings;
  const options = {
    home,
    database,
    secrets,
    folderRoot: folderRoots[0] ?? path.join(home, 'folders'),
    receiver: { aeTitle, port },
    reset,
  };
  // Only the demo needs the room of the tests.
  const { startDemo } = await import('./lib/demo.ts');
  await startDemo(options, (name, args) =>
    keep(context, context.processes, { name, graceMs: 5_000, start: (log) => node(context, log, args) }),
  );
}

async function ready(settings: Settings): Promise<boolean> {
  try {
    const answers = await Promise.all(
      ['/api/v1/ready', '/sign-in']
        .map((path) => localApi(settings) + path)
        .map((url) => fetch(url, { signal: AbortSignal.timeout(3_000) })),
    );
    return answers.every((answer) => answer.ok);
  } catch {
    return false;
  }
}

async function stopAll(context: Context): Promise<void> {
  await Promise.all(context.processes.map((child) => child.stop()));
  for (const server of context.servers.toReversed()) await server.stop();
  forget(context.runFolder, 'supervisor');
}

/** Resolves when someone asks for the end: Ctrl-C, a signal, or the parent process is gone. */
function askedToStop(): Promise<void> {
  return new Promise((resolve) => {
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => resolve());
    process.on('message', () => resolve());
    process.on('disconnect', () => resolve());
  });
}

/** Brings the product up and keeps it up until someone asks for the end. Everything generated must have been built. */
export async function supervise(): Promise<void> {
  const { values } = parseArgs({
    options: { demo: { type: 'boolean', default: false }, reset: { type: 'boolean', default: false } },
  });
  const settings = settingsOrSentence();
  prepareFolders(settings);
  const home = settings.home;
  const context: Context = {
    settings,
    runFolder: path.join(home, 'run'),
    logFolder: path.join(home, 'logs'),
    servers: [],
    processes: [],
    environment: { ...process.env, TZ: 'UTC', VIADUCT_HOME: home, NODE_ENV: 'production' },
  };
  await takeOver(context.runFolder);
  const end = askedToStop().then(() => say('stopping …'));
  try {
    const places = givenPlaces(settings);
    for (const place of Object.values(places)) await place.settle();
    for (const key of ['master', 'payload']) await loadKey(settings.secrets, key);
    // One after the other: when the second fails, the first is known and can be stopped.
    const database = await startDatabase(context);
    const engine = await startEngine(context);
    await migrate(database);
    tell(context, { DATABASE_URL: database, TEMPORAL_ADDRESS: engine });
    if (values.demo) {
      await startDemoOf(context, database, values.reset);
    }
    await startProcesses(context, places);
    const up = await Promise.race([
      waitUntil(async () => context.people !== undefined && (await ready(settings)), READY_DEADLINE_MS),
      end.then(() => undefined),
    ]);
    if (up === false)
      throw new Sentence(`Viaduct did not become ready within 3 minutes; see the logs in ${context.logFolder}.`);
    if (up) {
      const first = context.people?.administrator;
      const how = first
        ? `sign in as ${first.username} with the one-time password ${first.password}`
        : 'sign in with your account';
      say(`ready at ${settings.origin} – ${how}. Ctrl-C stops it.`);
    }
    await end;
  } finally {
    await stopAll(context);
  }
}

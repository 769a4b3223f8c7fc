import { Connection } from '@temporalio/client';
import os from 'node:os';
import path from 'node:path';
import { freePort, findProgram, ServiceError, startService } from './processes.ts';

/** The CLI whose server is pinned (notes: 1.9.1 = server 1.32.0). */
const CLI_VERSION = '1.9.1';

export interface TemporalOptions {
  /** SQLite file that is kept; in memory without it. */
  readonly dbFile?: string;
  /** A random free one by default. */
  readonly port?: number;
  /** Namespace that is created, `dicom` by default. */
  readonly namespace?: string;
  /** Dynamic configuration in addition to one partition per task queue. */
  readonly dynamicConfig?: Readonly<Record<string, string | number | boolean>>;
}

/** A Temporal development server on the loopback interface. */
export interface Temporal extends AsyncDisposable {
  /** host:port of the frontend. */
  readonly address: string;
  readonly port: number;
  readonly namespace: string;
  readonly pid: number;
  output(): string;
  stop(signal?: NodeJS.Signals): Promise<void>;
}

/**
 * The `temporal` program: TEMPORAL_CLI, PATH, then the user's cache.
 *
 * @throws ServiceError when there is none
 */
export async function findTemporalProgram(): Promise<string> {
  const given = process.env['TEMPORAL_CLI'];
  const cached = path.join(os.homedir(), '.cache', 'viaduct', `temporal-${CLI_VERSION}`, 'temporal');
  try {
    return await findProgram('temporal', given ? [given] : [cached]);
  } catch {
    throw new ServiceError(
      `The Temporal CLI ${CLI_VERSION} is missing. Run npm start once (it fetches the CLI to ${path.dirname(cached)}), or set TEMPORAL_CLI.`,
    );
  }
}

/** Search attributes that the workflows use. */
const SEARCH_ATTRIBUTES = ['AppJobId=Keyword', 'AppState=Keyword'];
/** With more than one partition urgent tasks do not strictly overtake others. */
const ONE_PARTITION = { 'matching.numTaskqueueReadPartitions': 1, 'matching.numTaskqueueWritePartitions': 1 };

async function serves(address: string, namespace: string): Promise<boolean> {
  const connection = await Connection.connect({ address, connectTimeout: 1_000 }).catch(() => undefined);
  try {
    await connection?.workflowService.describeNamespace({ namespace });
    return connection !== undefined;
  } catch {
    return false;
  } finally {
    await connection?.close();
  }
}

/**
 * Starts `temporal server start-dev` and waits until its namespace answers.
 *
 * @throws ServiceError when the program is missing or is not ready within 30 s
 */
export async function startTemporal(options: TemporalOptions = {}): Promise<Temporal> {
  const command = await findTemporalProgram();
  const namespace = options.namespace ?? 'dicom';
  const port = options.port ?? (await freePort());
  const address = `127.0.0.1:${port}`;
  const dynamicConfig = Object.entries({ ...ONE_PARTITION, ...options.dynamicConfig });
  const database = options.dbFile
    ? ['--db-filename', options.dbFile, '--sqlite-pragma', 'journal_mode=wal', '--sqlite-pragma', 'synchronous=full']
    : [];
  const service = await startService({
    command,
    args: [
      ...['server', 'start-dev', '--headless', '--ip', '127.0.0.1', '--port', String(port)],
      ...['--namespace', namespace, '--log-level', 'error'],
      ...database,
      ...SEARCH_ATTRIBUTES.flatMap((attribute) => ['--search-attribute', attribute]),
      ...dynamicConfig.flatMap(([key, value]) => ['--dynamic-config-value', `${key}=${JSON.stringify(value)}`]),
    ],
    ready: () => serves(address, namespace),
  });
  return {
    address,
    port,
    namespace,
    pid: service.pid,
    output: service.output,
    stop: service.stop,
    [Symbol.asyncDispose]: () => service.stop(options.dbFile ? 'SIGTERM' : 'SIGKILL'),
  };
}

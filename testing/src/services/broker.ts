import { once } from 'node:events';
import http from 'node:http';
import { startPostgres, type Postgres } from './postgres.ts';
import { startTemporal, type Temporal } from './temporal.ts';

/** Environment variable with the URL of the broker of this test run. */
export const BROKER_VARIABLE = 'VIADUCT_TEST_SERVICES';
const MIGRATED = 'viaduct_migrated';

/** What `POST /database` answers. */
export interface DatabaseAnswer {
  readonly name: string;
  readonly connectionString: string;
}
/** What `POST /temporal` answers. */
export interface TemporalAnswer {
  readonly address: string;
  readonly namespace: string;
}

/** One PostgreSQL and one Temporal server for a whole test run, each started when the first test asks for it. */
export interface Broker extends AsyncDisposable {
  readonly url: string;
}

/**
 * Starts the broker on a free loopback port.
 *
 * @param migrate brings the schema into the database that all test databases are copied from
 */
export async function startBroker(migrate: (connectionString: string) => Promise<unknown>): Promise<Broker> {
  let postgres: Promise<Postgres> | undefined;
  let temporal: Promise<Temporal> | undefined;
  let databases = 0;
  /** Databases with our schema that a test has given back: reset, they serve the next one. */
  const returned: string[] = [];
  const migrated = new Set<string>();

  const createDatabase = async (empty: boolean): Promise<DatabaseAnswer> => {
    const server = await (postgres ??= startPostgres());
    const used = empty ? undefined : returned.pop();
    if (used) {
      await server.resetDatabase(used);
      return { name: used, connectionString: server.connectionString(used) };
    }
    const name = `test_${++databases}`;
    if (empty) return { name, connectionString: await server.createDatabase(name) };
    migrated.add(name);
    return { name, connectionString: await server.createDatabase(name, await server.template(MIGRATED, migrate)) };
  };
  const giveBack = async (name: string): Promise<void> => {
    if (migrated.has(name)) returned.push(name);
    else await (await postgres)?.dropDatabase(name);
  };
  const routes: Readonly<Record<string, (query: URLSearchParams) => Promise<unknown>>> = {
    '/database': (query) => createDatabase(query.has('empty')),
    '/database/back': (query) => giveBack(query.get('name') ?? ''),
    '/temporal': async (): Promise<TemporalAnswer> => {
      const { address, namespace } = await (temporal ??= startTemporal());
      return { address, namespace };
    },
  };

  const server = http.createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://broker');
    const answer = routes[url.pathname]?.(url.searchParams) ?? Promise.reject(new Error('no such service'));
    answer.then(
      (body) => response.end(JSON.stringify(body ?? null)),
      (error: unknown) => response.writeHead(500).end(error instanceof Error ? error.message : String(error)),
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the broker has no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    [Symbol.asyncDispose]: async () => {
      server.close();
      server.closeAllConnections();
      const started = await Promise.allSettled([postgres, temporal]);
      for (const service of started) if (service.status === 'fulfilled') await service.value?.[Symbol.asyncDispose]();
    },
  };
}

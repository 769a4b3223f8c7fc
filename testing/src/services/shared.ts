import { BROKER_VARIABLE, type DatabaseAnswer, type TemporalAnswer } from './broker.ts';

async function ask<T>(route: string): Promise<T> {
  const broker = process.env[BROKER_VARIABLE];
  if (!broker) throw new Error('no shared services: vitest must run with testing/src/globalSetup.ts as globalSetup');
  const response = await fetch(`${broker}${route}`, { method: 'POST', signal: AbortSignal.timeout(60_000) });
  if (!response.ok) throw new Error(await response.text());
  return (await response.json()) as T;
}

/** A database of the PostgreSQL that serves this test run; dropped when it goes out of scope. */
export interface TestDatabase extends AsyncDisposable {
  readonly name: string;
  readonly connectionString: string;
}

/** A fresh database for one test: with our schema unless `empty`. Takes some 50 ms, the first one of a run about 1.5 s. */
export async function testDatabase(options: { readonly empty?: boolean } = {}): Promise<TestDatabase> {
  const database = await ask<DatabaseAnswer>(options.empty ? '/database?empty' : '/database');
  return {
    ...database,
    [Symbol.asyncDispose]: async () => {
      await ask(`/database/drop?name=${database.name}`);
    },
  };
}

/** The Temporal server that serves this test run. Tests keep apart by task queues and workflow ids of their own. */
export function testTemporal(): Promise<TemporalAnswer> {
  return ask<TemporalAnswer>('/temporal');
}

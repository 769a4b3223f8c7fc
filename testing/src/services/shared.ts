import { BROKER_VARIABLE, type DatabaseAnswer, type TemporalAnswer } from './broker.ts';

async function ask<T>(route: string): Promise<T> {
  const broker = process.env[BROKER_VARIABLE];
  if (!broker) throw new Error('no shared services: vitest must run with testing/src/globalSetup.ts as globalSetup');
  const response = await fetch(`${broker}${route}`, { method: 'POST', signal: AbortSignal.timeout(60_000) });
  if (!response.ok) throw new Error(await response.text());
  return (await response.json()) as T;
}

/** A database of the PostgreSQL that serves this test run; given back when it goes out of scope. */
export interface TestDatabase extends AsyncDisposable {
  readonly name: string;
  readonly connectionString: string;
}

/**
 * A database for one test alone: with our schema as its migrations leave it, unless `empty`. One that another test has given back
 * takes some 5 ms, a new one 100 ms, the first one of a run about 1.5 s.
 */
export async function testDatabase(options: { readonly empty?: boolean } = {}): Promise<TestDatabase> {
  const database = await ask<DatabaseAnswer>(options.empty ? '/database?empty' : '/database');
  return {
    ...database,
    [Symbol.asyncDispose]: async () => {
      await ask(`/database/back?name=${database.name}`);
    },
  };
}

/** The Temporal server that serves this test run. Tests keep apart by task queues and workflow ids of their own. */
export function testTemporal(): Promise<TemporalAnswer> {
  return ask<TemporalAnswer>('/temporal');
}

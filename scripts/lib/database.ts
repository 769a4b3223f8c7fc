import pg from 'pg';
import { waitUntil } from './processes.ts';
import { Sentence } from './sentence.ts';

/**
 * Waits until the server takes connections (it may be recovering), then makes the database when it is missing.
 * @param server - where it is now, as a connection string.
 */
export async function ensureDatabase(server: () => string, name: string): Promise<void> {
  let last: unknown;
  const done = await waitUntil(async () => {
    const client = new pg.Client({ connectionString: server(), connectionTimeoutMillis: 3_000 });
    try {
      await client.connect();
      const { rowCount } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [name]);
      if (!rowCount) await client.query(`CREATE DATABASE ${client.escapeIdentifier(name)}`);
      return true;
    } catch (error) {
      last = error;
      return false;
    } finally {
      await client.end().catch(() => undefined);
    }
  }, 60_000);
  if (!done)
    throw new Sentence(
      `PostgreSQL did not start within 60 s (${last instanceof Error ? last.message : String(last)}); see the log postgres.log.`,
    );
}

import { createHash, randomUUID } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import pg from 'pg';

/** The advisory lock that `prisma migrate` itself takes on PostgreSQL. */
const LOCK = 72707369;
const TABLE = `CREATE TABLE IF NOT EXISTS _prisma_migrations (
  id VARCHAR(36) PRIMARY KEY NOT NULL, checksum VARCHAR(64) NOT NULL, finished_at TIMESTAMPTZ,
  migration_name VARCHAR(255) NOT NULL, logs TEXT, rolled_back_at TIMESTAMPTZ,
  started_at TIMESTAMPTZ NOT NULL DEFAULT now(), applied_steps_count INTEGER NOT NULL DEFAULT 0)`;
const MIGRATIONS = path.join(import.meta.dirname, '..', 'migrations');

/** A migration that cannot be applied; the message names it and what to do. */
export class MigrationError extends Error {
  override readonly name = 'MigrationError';
}

interface Applied {
  readonly migration_name: string;
  readonly checksum: string;
  readonly finished_at: Date | null;
}

/**
 * Applies the migrations of `folder` in the order of their names and records them exactly as `prisma migrate deploy`
 * does. Several processes may call it at once. Returns the names of those applied now.
 * Throws MigrationError when an earlier one failed or was edited afterwards.
 */
export async function migrate(connectionString: string, folder: string = MIGRATIONS): Promise<string[]> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    await client.query('SELECT pg_advisory_lock($1)', [LOCK]);
    await client.query(TABLE);
    const done = await appliedBefore(client);
    const applied: string[] = [];
    for (const name of await migrationsIn(folder)) {
      const sql = await readFile(path.join(folder, name, 'migration.sql'));
      const checksum = createHash('sha256').update(sql).digest('hex');
      const before = done.get(name);
      if (before === undefined) {
        await apply(client, name, sql.toString('utf8'), checksum);
        applied.push(name);
      } else if (before !== checksum) {
        throw new MigrationError(`migration ${name} was edited after it was applied`);
      }
    }
    return applied;
  } finally {
    await client.end(); // also releases the advisory lock
  }
}

async function appliedBefore(client: pg.Client): Promise<Map<string, string>> {
  const { rows } = await client.query<Applied>(
    'SELECT migration_name, checksum, finished_at FROM _prisma_migrations WHERE rolled_back_at IS NULL',
  );
  const failed = rows.find((row) => row.finished_at === null);
  if (failed) {
    throw new MigrationError(
      `migration ${failed.migration_name} failed earlier; repair the database, then: npm run prisma -- migrate resolve`,
    );
  }
  return new Map(rows.map((row) => [row.migration_name, row.checksum]));
}

/** The names of the migrations of a folder, in their order; without one, those of this release. */
export async function migrationsIn(folder = MIGRATIONS): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  return entries
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();
}

async function apply(client: pg.Client, name: string, sql: string, checksum: string): Promise<void> {
  const id = randomUUID();
  await client.query('INSERT INTO _prisma_migrations (id, checksum, migration_name) VALUES ($1, $2, $3)', [
    id,
    checksum,
    name,
  ]);
  try {
    await client.query(sql); // one message of the simple protocol is one transaction
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined);
    await client.query('UPDATE _prisma_migrations SET logs = $2 WHERE id = $1', [id, String(error)]);
    throw error;
  }
  await client.query('UPDATE _prisma_migrations SET finished_at = now(), applied_steps_count = 1 WHERE id = $1', [id]);
}

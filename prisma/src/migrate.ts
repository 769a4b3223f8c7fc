// Applies prisma/migrations/*/migration.sql and records them exactly as `prisma migrate deploy` does.
import { createHash, randomUUID } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import pg from 'pg';

const LOCK = 72707369; // the advisory lock `prisma migrate` itself takes on PostgreSQL
const TABLE = `CREATE TABLE IF NOT EXISTS _prisma_migrations (
  id VARCHAR(36) PRIMARY KEY NOT NULL, checksum VARCHAR(64) NOT NULL, finished_at TIMESTAMPTZ,
  migration_name VARCHAR(255) NOT NULL, logs TEXT, rolled_back_at TIMESTAMPTZ,
  started_at TIMESTAMPTZ NOT NULL DEFAULT now(), applied_steps_count INTEGER NOT NULL DEFAULT 0)`;

export async function migrate(connectionString: string, dir: string): Promise<string[]> {
  const db = new pg.Client({ connectionString });
  await db.connect();
  const applied: string[] = [];
  try {
    await db.query('SELECT pg_advisory_lock($1)', [LOCK]);
    await db.query(TABLE);
    const { rows } = await db.query<{ migration_name: string; checksum: string; finished_at: Date | null }>(
      'SELECT migration_name, checksum, finished_at FROM _prisma_migrations WHERE rolled_back_at IS NULL');
    const failed = rows.find((r) => !r.finished_at);
    if (failed) throw new Error(`migration ${failed.migration_name} failed earlier; repair it, then: prisma migrate resolve`);
    const done = new Map(rows.map((r) => [r.migration_name, r.checksum]));
    const names = (await readdir(dir, { withFileTypes: true })).filter((e) => e.isDirectory()).map((e) => e.name).sort();
    for (const name of names) {
      const sql = await readFile(path.join(dir, name, 'migration.sql'));
      const checksum = createHash('sha256').update(sql).digest('hex');
      if (done.has(name)) {
        if (done.get(name) !== checksum) throw new Error(`migration ${name} was edited after it was applied`);
        continue;
      }
      const id = randomUUID();
      await db.query('INSERT INTO _prisma_migrations (id, checksum, migration_name) VALUES ($1,$2,$3)', [id, checksum, name]);
      try {
        await db.query(sql.toString('utf8')); // one simple-protocol message = one implicit transaction
      } catch (error) {
        await db.query('ROLLBACK').catch(() => undefined);
        await db.query('UPDATE _prisma_migrations SET logs = $2 WHERE id = $1', [id, String(error)]);
        throw error;
      }
      await db.query('UPDATE _prisma_migrations SET finished_at = now(), applied_steps_count = 1 WHERE id = $1', [id]);
      applied.push(name);
    }
    return applied;
  } finally {
    await db.end(); // also releases the advisory lock
  }
}
if (import.meta.main) console.log(await migrate(process.env.DATABASE_URL!, 'prisma/migrations'));

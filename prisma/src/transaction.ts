import type pg from 'pg';

const ATTEMPTS = 4;
const REPEATABLE = new Set(['40001', '40P01']); // serialization failure, deadlock

/**
 * Runs `work` in one transaction; on an error everything is rolled back. With `lock`, transactions of the same name
 * run one after the other, which is how writers of several tasks of a job keep out of each other's way.
 * A deadlock is tried again, so `work` must have no effect outside the database.
 */
export async function transaction<T>(
  pool: pg.Pool,
  work: (client: pg.PoolClient) => Promise<T>,
  options: { readonly lock?: string } = {},
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await once(pool, work, options.lock);
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : '';
      if (attempt === ATTEMPTS || !REPEATABLE.has(code)) throw error;
    }
  }
}

async function once<T>(pool: pg.Pool, work: (client: pg.PoolClient) => Promise<T>, lock?: string): Promise<T> {
  const client = await pool.connect();
  let broken: Error | undefined;
  try {
    await client.query('BEGIN');
    if (lock !== undefined) await client.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [lock]);
    const result = await work(client);
    await client.query('COMMIT');
    return result;
  } catch (error) {
    await client.query('ROLLBACK').catch((failure: Error) => (broken = failure));
    throw error;
  } finally {
    client.release(broken);
  }
}

/** Name of the lock that orders writers of a job's tasks. */
export const jobLock = (jobId: string) => `job/${jobId}`;
/** Name of the lock that orders planners of one task. */
export const taskLock = (jobId: string, taskNo: number) => `job/${jobId}/task/${taskNo}`;

/** Rows as one JSON parameter for json_to_recordset. PostgreSQL's text holds neither NUL nor lone surrogates. */
export function rowsParameter(rows: readonly object[]): string {
  return JSON.stringify(rows, (_key, value: unknown) =>
    typeof value === 'string' ? value.replaceAll('\0', '').toWellFormed() : value,
  );
}

import type { Database } from '@viaduct/prisma';

/** Does something that only one process may do at a time, under a lock of this name; undefined while another is at it. */
export async function alone<T>(
  pool: Database['pool'],
  name: string,
  work: (client: Pick<Database['pool'], 'query'>) => Promise<T>,
): Promise<T | undefined> {
  const client = await pool.connect();
  try {
    const { rows } = await client.query<{ free: boolean }>(
      'SELECT pg_try_advisory_lock(hashtextextended($1, 0)) AS free',
      [name],
    );
    if (!rows[0]?.free) return undefined;
    try {
      return await work(client);
    } finally {
      await client.query('SELECT pg_advisory_unlock(hashtextextended($1, 0))', [name]);
    }
  } finally {
    client.release();
  }
}

import pg from 'pg';
import { expect, test } from 'vitest';
import { startBroker } from './broker.ts';

async function rows(connectionString: string, query: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(query)).rows;
  } finally {
    await client.end();
  }
}

const post = async (url: string) => {
  const response = await fetch(url, { method: 'POST' });
  return { ok: response.ok, text: await response.text() };
};

test('the broker migrates once and hands out separate databases', async () => {
  let migrations = 0;
  await using broker = await startBroker(async (connectionString) => {
    migrations++;
    await rows(connectionString, 'CREATE TABLE word (text text)');
  });
  const answers = await Promise.all([1, 2].map(() => post(`${broker.url}/database`)));
  const databases = answers.map((answer) => JSON.parse(answer.text) as { name: string; connectionString: string });
  expect(new Set(databases.map((database) => database.name)).size).toBe(2);
  for (const database of databases) expect(await rows(database.connectionString, 'SELECT * FROM word')).toEqual([]);
  expect(migrations).toBe(1);
  const [first] = databases;
  expect(await post(`${broker.url}/database/drop?name=${first?.name}`)).toMatchObject({ ok: true });
  await expect(rows(first?.connectionString ?? '', 'SELECT 1')).rejects.toThrow('does not exist');
});

test('a migration that fails reaches the test that asked', async () => {
  await using broker = await startBroker(() => Promise.reject(new Error('broken migration')));
  expect(await post(`${broker.url}/database`)).toEqual({ ok: false, text: 'broken migration' });
});

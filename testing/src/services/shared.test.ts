import pg from 'pg';
import { expect, test } from 'vitest';
import { startBroker, type DatabaseAnswer } from './broker.ts';

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
});

test('a database that a test has given back is as new for the next one, and nobody else is connected', async () => {
  await using broker = await startBroker(async (connectionString) => {
    await rows(
      connectionString,
      "CREATE TABLE word (id serial PRIMARY KEY, text text); INSERT INTO word VALUES (0, 'of the migration')",
    );
  });
  const take = async () => JSON.parse((await post(`${broker.url}/database`)).text) as DatabaseAnswer;
  const first = await take();
  await rows(first.connectionString, "DELETE FROM word; INSERT INTO word (text) VALUES ('left behind')");
  const visitor = new pg.Client({ connectionString: first.connectionString });
  visitor.on('error', () => undefined);
  await visitor.connect();
  expect(await post(`${broker.url}/database/back?name=${first.name}`)).toMatchObject({ ok: true });
  expect(await take()).toEqual(first);
  await expect(visitor.query('SELECT 1')).rejects.toThrow();
  await rows(first.connectionString, "INSERT INTO word (text) VALUES ('new')");
  expect(await rows(first.connectionString, 'SELECT id, text FROM word ORDER BY id')).toEqual([
    { id: 0, text: 'of the migration' },
    { id: 1, text: 'new' },
  ]);
});

test('a migration that fails reaches the test that asked', async () => {
  await using broker = await startBroker(() => Promise.reject(new Error('broken migration')));
  expect(await post(`${broker.url}/database`)).toEqual({ ok: false, text: 'broken migration' });
});

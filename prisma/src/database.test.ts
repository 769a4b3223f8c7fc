import { mkdtemp, readFile, rm, stat, writeFile, mkdir } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { startPostgres, testDatabase } from '@viaduct/testing';
import { expect, test, vi } from 'vitest';
import { isUnavailable, openDatabase } from './database.ts';
import { enterJob, openWorld } from './harness/world.ts';
import { listen } from './listen.ts';
import { migrate, migrationsIn } from './migrate.ts';
import { loadKey, seal, SealError, unseal } from './seal.ts';
import { transaction } from './transaction.ts';
import { uuidv7 } from './uuid.ts';

const until = (condition: () => unknown) => vi.waitFor(() => expect(condition()).toBeTruthy(), 10_000);

test('migrations are applied once, however many processes start at the same time', async () => {
  await using empty = await testDatabase({ empty: true });
  const runs = await Promise.all([1, 2, 3, 4].map(() => migrate(empty.connectionString)));
  expect(runs.flat()).toEqual(await migrationsIn());
});

test('an edited or failed migration stops everything with what to do', async () => {
  await using empty = await testDatabase({ empty: true });
  const folder = await mkdtemp(path.join(os.tmpdir(), 'viaduct-migrations-'));
  const write = async (name: string, sql: string) => {
    await mkdir(path.join(folder, name), { recursive: true });
    await writeFile(path.join(folder, name, 'migration.sql'), sql);
  };
  try {
    await write('1_one', 'CREATE TABLE a (id int)');
    await write('2_two', 'CREATE TABLE b (id int); SELECT 1/0');
    await expect(migrate(empty.connectionString, folder)).rejects.toThrow('division by zero');
    await expect(migrate(empty.connectionString, folder)).rejects.toThrow('migration 2_two failed earlier');
    await using database = openDatabase(empty);
    await expect(database.pool.query('SELECT FROM b')).rejects.toThrow('does not exist');
    await database.pool.query(`UPDATE _prisma_migrations SET rolled_back_at = now() WHERE finished_at IS NULL`);
    await write('1_one', 'CREATE TABLE a (id bigint)');
    await expect(migrate(empty.connectionString, folder)).rejects.toThrow('edited after it was applied');
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('what happens to jobs, nodes and the outbox is told once per transaction', async () => {
  await using world = await openWorld();
  const { client, pool } = world.database;
  const heard: string[] = [];
  let ups = 0;
  await using listener = listen({
    connectionString: world.connectionString,
    channels: ['viaduct_job', 'viaduct_node', 'viaduct_outbox'],
    onNotify: (channel, payload) => heard.push(`${channel} ${payload}`),
    onState: (state) => (ups += state === 'up' ? 1 : 0),
  });
  await until(() => ups === 1);
  const jobId = await enterJob(world, 3);
  await until(() => heard.length === 2);
  expect(heard.toSorted()).toEqual([`viaduct_job ${jobId}`, 'viaduct_outbox ']);
  heard.length = 0;
  await client.node.update({ where: { id: world.sourceId }, data: { lastContactAt: new Date() } });
  await client.node.update({ where: { id: world.sourceId }, data: { lastContactAt: new Date() } });
  await client.node.update({ where: { id: world.sourceId }, data: { suspended: true } });
  await pool.query(`SELECT pg_notify('viaduct_node', 'end')`);
  await until(() => heard.includes('viaduct_node end'));
  expect(heard).toEqual([`viaduct_node ${world.sourceId}`, `viaduct_node ${world.sourceId}`, 'viaduct_node end']);
  await listener.close();
});

test('a listener comes back by itself after the database has gone away', async () => {
  await using postgres = await startPostgres();
  const connectionString = postgres.connectionString();
  await using database = openDatabase({ connectionString });
  const states: string[] = [];
  const heard: string[] = [];
  await using listener = listen({
    connectionString,
    channels: ['viaduct_job'],
    onNotify: (_channel, payload) => heard.push(payload),
    onState: (state) => states.push(state),
  });
  await until(() => states.length === 1);
  await database.pool
    .query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'`)
    .catch(() => undefined);
  await until(() => states.length === 3);
  expect(states).toEqual(['up', 'down', 'up']);
  await database.pool.query(`SELECT pg_notify('viaduct_job', 'x')`);
  await until(() => heard.length === 1);
  await postgres.stop();
  await until(() => states.at(-1) === 'down');
  const failure: unknown = await database.pool.query('SELECT 1').catch((error: unknown) => error);
  expect(isUnavailable(failure)).toBe(true);
  await listener.close();
});

test('a deadlock is tried again', async () => {
  await using world = await openWorld();
  const { pool } = world.database;
  await pool.query('CREATE TABLE pair (id int PRIMARY KEY, n int); INSERT INTO pair VALUES (1, 0), (2, 0)');
  const both = { waiting: 0 };
  const add = (first: number, second: number) =>
    transaction(pool, async (client) => {
      await client.query('UPDATE pair SET n = n + 1 WHERE id = $1', [first]);
      both.waiting++;
      await until(() => both.waiting >= 2);
      await client.query('UPDATE pair SET n = n + 1 WHERE id = $1', [second]);
    });
  await Promise.all([add(1, 2), add(2, 1)]);
  const { rows } = await pool.query<{ n: number }>('SELECT n FROM pair');
  expect(rows.map((row) => row.n)).toEqual([2, 2]);
});

test('a failed transaction leaves nothing behind and its connection usable', async () => {
  await using world = await openWorld();
  const { pool, client } = world.database;
  const failing = transaction(pool, async (inside) => {
    await inside.query(`UPDATE node SET notes = 'changed'`);
    await inside.query('SELECT 1/0');
  });
  await expect(failing).rejects.toThrow('division by zero');
  expect(await client.node.count({ where: { notes: 'changed' } })).toBe(0);
  expect(isUnavailable(await failing.catch((error: unknown) => error))).toBe(false);
});

test('a sealed text opens with its key and purpose, and with nothing else', () => {
  const [key, other] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)];
  const sealed = seal(key, Buffer.from('secret'), 'project');
  expect(unseal(key, sealed, 'project').toString()).toBe('secret');
  expect(seal(key, Buffer.from('secret'), 'project')).not.toEqual(sealed);
  expect(() => unseal(other, sealed, 'project')).toThrow(SealError);
  expect(() => unseal(key, sealed, 'pseudonym')).toThrow(SealError);
  expect(() => unseal(key, sealed.subarray(0, 12), 'project')).toThrow(SealError);
  sealed.writeUInt8(sealed.readUInt8(20) ^ 1, 20);
  expect(() => unseal(key, sealed, 'project')).toThrow(SealError);
});

test('a key is made at first use, readable by its owner alone, and the same for everyone', async () => {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'viaduct-keys-'));
  try {
    const keys = await Promise.all([1, 2, 3, 4].map(() => loadKey(path.join(folder, 'keys'), 'master')));
    expect(new Set(keys.map((key) => key.toString('hex'))).size).toBe(1);
    const file = path.join(folder, 'keys', 'master.key');
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(Buffer.from(await readFile(file, 'utf8'), 'base64')).toEqual(keys[0]);
    await writeFile(file, 'short');
    await expect(loadKey(path.join(folder, 'keys'), 'master')).rejects.toThrow(SealError);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('ids are version 7 and sort by time', async () => {
  const first = uuidv7();
  await until(() => Date.now() > parseInt(first.slice(0, 8) + first.slice(9, 13), 16));
  const second = uuidv7();
  expect(first).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(first < second).toBe(true);
});

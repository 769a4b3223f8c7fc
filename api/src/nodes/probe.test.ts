import { acquireSlot, openDatabase, type Database } from '@viaduct/prisma';
import { testDatabase, waitFor, type TestDatabase } from '@viaduct/testing';
import pino from 'pino';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { probeIdle, startProbe } from './probe.ts';

const MINUTE = 60_000;
const log = pino({ level: 'silent' });
let postgres: TestDatabase;
let database: Database;
beforeAll(async () => {
  postgres = await testDatabase();
  database = openDatabase({ connectionString: postgres.connectionString, poolSize: 4 });
});
afterEach(() => database.client.node.deleteMany());
afterAll(async () => {
  await database.close();
  await postgres[Symbol.asyncDispose]();
});

const node = async (name: string, over: object = {}) =>
  (await database.client.node.create({ data: { kind: 'server', name, aeTitle: name, host: 'x', port: 104, ...over } }))
    .id;
const ago = (minutes: number) => new Date(Date.now() - minutes * MINUTE);
const options = (test: (node: { readonly id: string }) => Promise<unknown>) => ({
  database,
  idleMs: 5 * MINUTE,
  test,
  log,
});
const probe = async () => {
  const asked: string[] = [];
  await probeIdle(
    options(async ({ id }) => asked.push(id)),
    new AbortController().signal,
  );
  return asked;
};

test('nodes that nobody has asked for long enough are asked, the others are left in peace', async () => {
  const never = {
    timeZone: 'UTC',
    weekly: [{ days: [((new Date().getUTCDay() + 2) % 7) + 1], from: '00:00', to: '00:01' }],
  };
  const idle = [
    await node('FRESH'),
    await node('ANSWERED', { lastContactAt: ago(6) }),
    await node('FAILED', { lastCauseAt: ago(7) }),
    await node('WEB', { aeTitle: null, host: null, port: null, webUrl: 'https://x' }),
  ];
  await node('LATELY', { lastContactAt: ago(6), lastCauseAt: ago(1) });
  await node('UNWANTED', { probe: false });
  await node('SUSPENDED', { suspended: true });
  await node('CLOSED', { windows: never });
  const busy = await node('BUSY');
  await acquireSlot(database.pool, { nodeId: busy, holder: 'host', ttlMs: MINUTE });
  expect((await probe()).sort()).toEqual(idle.sort());
});

test('one process probes at a time', async () => {
  await node('SLOW');
  const { promise: asked, resolve: begin } = Promise.withResolvers<void>();
  const { promise: answer, resolve: end } = Promise.withResolvers<void>();
  const signal = new AbortController().signal;
  const first = probeIdle(
    options(() => (begin(), answer)),
    signal,
  );
  await asked;
  expect(
    await probeIdle(
      options(async () => undefined),
      signal,
    ),
  ).toBeUndefined();
  end();
  expect(await first).toBe(1);
});

test('it goes on until it is closed, and asks nobody when it is switched off', async () => {
  await node('PROBED');
  let count = 0;
  const counted = options(async () => void count++);
  const asked: string[] = [];
  const silent = options(async ({ id }) => asked.push(id));
  const off = startProbe({ ...silent, idleMs: 0, lookEveryMs: 5 });
  const on = startProbe({ ...counted, lookEveryMs: 5 });
  await waitFor(() => count >= 3);
  await off[Symbol.asyncDispose]();
  await on[Symbol.asyncDispose]();
  const afterwards = count;
  await database.pool.query('SELECT pg_sleep(0.05)');
  expect(count).toBe(afterwards);
  expect(asked).toEqual([]);
});

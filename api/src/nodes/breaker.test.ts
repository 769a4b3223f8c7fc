import { noteContact, openDatabase, type Database } from '@viaduct/prisma';
import { testDatabase, type TestDatabase } from '@viaduct/testing';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { resumeAnswering, suspendFailing } from './breaker.ts';
import { suspend } from './changeNode.ts';

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

const PACS = { kind: 'server', name: 'PACS', aeTitle: 'PACS', host: '10.1.2.3', port: 104 };
const enter = async (over: object = {}) => (await database.client.node.create({ data: { ...PACS, ...over } })).id;
const read = (id: string) => database.client.node.findUniqueOrThrow({ where: { id } });
const note = async (id: string, ...causes: Parameters<typeof noteContact>[2][]) => {
  for (const cause of causes) await noteContact(database.pool, id, cause);
};
const FIVE = Array(5).fill('connection-refused') as 'connection-refused'[];
const signal = new AbortController().signal;

test('a server that cannot be reached five times in a row is suspended with the cause, once', async () => {
  const id = await enter();
  await note(id, ...FIVE.slice(1), null, ...FIVE.slice(1), 'study-unknown');
  expect(await suspendFailing(database)).toBe(0);
  await note(id, 'connection-refused');
  expect(await suspendFailing(database)).toBe(1);
  const { suspended, suspendedCause, suspendedReason } = await read(id);
  expect({ suspended, suspendedCause }).toEqual({ suspended: true, suspendedCause: 'connection-refused' });
  expect(suspendedReason).toContain('PACS does not accept connections on 10.1.2.3:104.');
  expect(await suspendFailing(database)).toBe(0);
});

test('it is asked again and resumed when it answers; what a person has suspended is left alone', async () => {
  const [ours, theirs] = [await enter(), await enter({ name: 'Other', aeTitle: 'OTHER' })];
  await note(ours, ...FIVE);
  await note(theirs, ...FIVE);
  await suspend(database, theirs, { userId: 'u', reason: 'maintenance' });
  await suspendFailing(database);
  const asked: string[] = [];
  const answers = (cause: 'silent-peer' | null) =>
    resumeAnswering(database, async ({ id }) => (asked.push(id), note(id, cause)), signal);
  expect(await answers('silent-peer')).toBe(0);
  expect(await read(ours)).toMatchObject({ suspended: true, failures: 6 });
  expect(await answers(null)).toBe(1);
  expect(asked).toEqual([ours, ours]);
  expect(await read(ours)).toMatchObject({ suspended: false, suspendedCause: null, suspendedReason: null });
  expect(await read(theirs)).toMatchObject({ suspended: true, suspendedReason: 'maintenance' });
});

test('a server that a person suspends meanwhile stays suspended', async () => {
  const id = await enter();
  await note(id, ...FIVE);
  await suspendFailing(database);
  const byPerson = () => suspend(database, id, { userId: 'u', reason: 'maintenance' });
  expect(await resumeAnswering(database, async () => (await note(id, null), byPerson()), signal)).toBe(0);
  expect(await read(id)).toMatchObject({ suspended: true, suspendedCause: null });
});

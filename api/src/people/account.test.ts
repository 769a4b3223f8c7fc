import { testDatabase, type TestDatabase } from '@viaduct/testing';
import { createClient } from '@viaduct/client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { PASSWORD, signIn, startTestServer, type TestPerson, type TestServer } from '../harness/testServer.ts';

let postgres: TestDatabase;
let server: TestServer;
beforeAll(async () => {
  postgres = await testDatabase();
  server = await startTestServer(postgres.connectionString);
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await postgres[Symbol.asyncDispose]();
});

/** The same person in another browser. */
async function elsewhere({ username }: TestPerson) {
  const headers = { cookie: await signIn(server.origin, username, PASSWORD), origin: server.origin };
  return createClient({ baseUrl: server.origin, headers });
}
type Client = TestPerson['client'];
const places = async (client: Client) => (await client.GET('/api/v1/session/sign-ins')).data?.items ?? [];
const end = (client: Client, id: string) =>
  client.DELETE('/api/v1/session/sign-ins/{signIn}', { params: { path: { signIn: id } } });
const status = async (client: Client) => (await client.GET('/api/v1/session')).response.status;

test('people change their name', async () => {
  const { client } = await server.person('researcher');
  expect((await client.PATCH('/api/v1/session', { body: { name: ' Jane Roe ' } })).data?.user.name).toBe('Jane Roe');
  expect((await client.GET('/api/v1/session')).data?.user.name).toBe('Jane Roe');
  expect((await client.PATCH('/api/v1/session', { body: { name: ' ' } })).error).toMatchObject({ status: 422 });
});

test('people see where they are signed in, and sign out there', async () => {
  const person = await server.person('researcher');
  const other = await elsewhere(person);
  const [here, there] = (await places(person.client)).toSorted((a) => (a.current ? -1 : 1));
  expect([here?.current, there?.current]).toEqual([true, false]);
  expect(Object.keys(there ?? {})).not.toContain('token');
  expect((await end(person.client, there?.id ?? '')).response.status).toBe(204);
  expect(await status(other)).toBe(401);
  expect(await status(person.client)).toBe(200);
});

test('everywhere else at once', async () => {
  const person = await server.person('researcher');
  const others = [await elsewhere(person), await elsewhere(person)];
  expect((await person.client.DELETE('/api/v1/session/sign-ins')).response.status).toBe(204);
  expect(await Promise.all(others.map(status))).toEqual([401, 401]);
  expect(await places(person.client)).toHaveLength(1);
});

test('the sessions of others are not theirs to end', async () => {
  const [one, another] = [await server.person('researcher'), await server.person('administrator')];
  const [theirs] = await places(another.client);
  expect((await end(one.client, theirs?.id ?? '')).response.status).toBe(404);
  expect(await status(another.client)).toBe(200);
});

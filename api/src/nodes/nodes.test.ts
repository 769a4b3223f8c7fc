import { testDatabase, type TestDatabase } from '@viaduct/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestServer, type TestPerson, type TestServer } from '../harness/testServer.ts';

let postgres: TestDatabase;
let server: TestServer;
let administrator: TestPerson;
beforeAll(async () => {
  postgres = await testDatabase();
  server = await startTestServer(postgres.connectionString);
  administrator = await server.person('administrator');
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await postgres[Symbol.asyncDispose]();
});

const serverNode = (name: string, port = 104) =>
  ({ kind: 'server', name, aeTitle: 'PACS', host: '127.0.0.1', port, maxAssociations: 3 }) as const;
const create = async (body: Parameters<typeof post>[0]) => (await post(body)).data;
const post = (body: ReturnType<typeof serverNode> | { kind: 'folder'; name: string; path: string }) =>
  administrator.client.POST('/api/v1/nodes', { body });

test('a server is created with its limits, not asked yet, and no association open', async () => {
  const node = await create(serverNode('Created', 1001));
  expect(node).toMatchObject({
    kind: 'server',
    retrieveMethod: 'c-get',
    maxAssociations: 3,
    health: { state: 'unknown', text: 'Created has not been asked yet.' },
    load: { used: 0, of: 3 },
  });
});

test('a folder is a destination only, and has to lie where folders may', async () => {
  expect(await create({ kind: 'folder', name: 'Folder', path: '/allowed/a' })).toMatchObject({ maySource: false });
  const { error } = await post({ kind: 'folder', name: 'Outside', path: '/etc' });
  expect(error).toMatchObject({ status: 422, errors: [{ path: 'path', message: 'The folder lies outside.' }] });
});

test('names and addresses are taken only once', async () => {
  await create(serverNode('Twice', 1002));
  expect((await post(serverNode('Twice', 1003))).error).toMatchObject({ status: 409, errors: [{ path: 'name' }] });
  expect((await post(serverNode('Other', 1002))).error).toMatchObject({ status: 409, errors: [{ path: 'aeTitle' }] });
});

test('servers come before folders, each by name', async () => {
  const { data } = await administrator.client.GET('/api/v1/nodes');
  const order = data?.items.map(({ kind, name }) => `${kind === 'server' ? 0 : 1} ${name}`) ?? [];
  expect(order).toEqual([...order].sort());
});

test('a node changes in the fields that were sent, and only in those of its kind', async () => {
  const node = await create(serverNode('Changing', 1004));
  const path = { id: node?.id ?? '' };
  const change = (body: object) => administrator.client.PATCH('/api/v1/nodes/{id}', { params: { path }, body });
  expect((await change({ maxAssociations: 5 })).data).toMatchObject({ name: 'Changing', load: { used: 0, of: 5 } });
  expect((await change({ path: '/allowed/b' })).error).toMatchObject({ status: 422, errors: [{ path: 'path' }] });
});

test('a failed contact shows as a sentence with the address', async () => {
  const node = await create(serverNode('Down', 1005));
  const where = { id: node?.id ?? '' };
  await server.database.client.node.update({
    where,
    data: { lastCause: 'connection-refused', lastCauseAt: new Date() },
  });
  const { data } = await administrator.client.GET('/api/v1/nodes/{id}', { params: { path: where } });
  expect(data?.health.state).toBe('failing');
  expect(data?.health.text).toContain('Down does not accept connections on 127.0.0.1:1005.');
});

test('a test answers with its steps', async () => {
  const node = await create(serverNode('Tested', 1006));
  const params = { path: { id: node?.id ?? '' } };
  const { data } = await administrator.client.POST('/api/v1/nodes/{id}/test', { params });
  expect(data).toEqual({ ok: true, steps: [{ step: 'echo', ok: true, ms: 1.5 }] });
});

test('a node can be deleted', async () => {
  const node = await create(serverNode('Gone', 1007));
  const params = { path: { id: node?.id ?? '' } };
  expect((await administrator.client.DELETE('/api/v1/nodes/{id}', { params })).response.status).toBe(204);
  expect((await administrator.client.DELETE('/api/v1/nodes/{id}', { params })).response.status).toBe(404);
});

test('a project never shows its key, which is sealed in the database', async () => {
  const { data } = await administrator.client.POST('/api/v1/projects', {
    body: { name: 'Trial', trialProtocolId: 'T-1' },
  });
  expect(data).toMatchObject({ name: 'Trial', dates: 'shift', trialProtocolId: 'T-1', jobs: 0 });
  const row = await server.database.client.project.findUniqueOrThrow({ where: { id: data?.id ?? '' } });
  expect(row.sealedKey.length).toBeGreaterThan(32);
  expect(JSON.stringify(data)).not.toContain('ey"');
  const again = await administrator.client.POST('/api/v1/projects', { body: { name: 'Trial' } });
  expect(again.error).toMatchObject({ status: 409, errors: [{ path: 'name' }] });
  const params = { path: { id: data?.id ?? '' } };
  const renamed = await administrator.client.PATCH('/api/v1/projects/{id}', { params, body: { name: 'Renamed' } });
  expect(renamed.data).toMatchObject({ name: 'Renamed', trialProtocolId: 'T-1' });
});

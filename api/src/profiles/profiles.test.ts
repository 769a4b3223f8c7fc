import { BUILT_IN_PROFILES, profileHash } from '@viaduct/deid';
import { testDatabase } from '@viaduct/testing';
import type { ProfileContent } from '@viaduct/client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestServer, type TestPerson, type TestServer } from '../harness/testServer.ts';

const stack = new AsyncDisposableStack();
let server: TestServer;
let administrator: TestPerson;

beforeAll(async () => {
  const { connectionString } = stack.use(await testDatabase());
  server = stack.use(await startTestServer(connectionString));
  administrator = await server.person('administrator');
});
afterAll(() => stack.disposeAsync());

const get = async (id: string) =>
  (await administrator.client.GET('/api/v1/profiles/{id}', { params: { path: { id } } })).data;
const save = (id: string, body: ProfileContent) =>
  administrator.client.PATCH('/api/v1/profiles/{id}', { params: { path: { id } }, body });
const remove = async (id: string) =>
  (await administrator.client.DELETE('/api/v1/profiles/{id}', { params: { path: { id } } })).response.status;

async function copyOf(id: string, changes: Partial<ProfileContent>) {
  const original = await get(id);
  if (!original) throw new Error('no such profile');
  return administrator.client.POST('/api/v1/profiles', { body: { ...original.content, ...changes } });
}

test('the built-in profiles of the database are those of the engine', async () => {
  const rows = await server.database.client.profileVersion.findMany({ where: { builtIn: true } });
  const stored = new Map(rows.map(({ profileId, hash, content }) => [profileId, { hash, content }]));
  for (const profile of BUILT_IN_PROFILES) {
    expect(stored.get(profile.id)).toEqual({ hash: profileHash(profile), content: profile });
  }
  expect(stored.size).toBe(BUILT_IN_PROFILES.length);
});

test('a copy is changed version by version, and each stays as it was', async () => {
  const copied = await copyOf('research', { id: 'hearts', name: 'Hearts' });
  expect(copied.data).toMatchObject({ version: 1, builtIn: false, warnings: [], content: { id: 'hearts' } });
  const first = copied.data?.content as ProfileContent;
  const rules = [{ match: { attribute: 'InstitutionName' }, action: { do: 'keep' as const } }];
  const changed = await save('hearts', { ...first, rules });
  expect(changed.data).toMatchObject({
    version: 2,
    versions: [{ version: 2, by: 'Some administrator' }, { version: 1 }],
  });
  expect(changed.data?.hash).not.toBe(copied.data?.hash);
  expect(changed.data?.warnings).toEqual([expect.stringContaining('weaker than the Basic Profile')]);
  const params = { path: { id: 'hearts' }, query: { version: 1 } };
  const before = await administrator.client.GET('/api/v1/profiles/{id}', { params });
  expect(before.data?.content).toEqual(first);
  expect((await save('hearts', { ...first, name: 'Stale' })).response.status).toBe(409);
});

test('a built-in profile is neither changed nor deleted', async () => {
  const original = await get('basic');
  expect((await save('basic', { ...(original?.content as ProfileContent), maximumAge: null })).response.status).toBe(
    409,
  );
  expect(await remove('basic')).toBe(409);
});

test('what is wrong with a profile is said at its place', async () => {
  const rules = [{ match: { attribute: 'NoSuchThing' }, action: { do: 'keep' as const } }];
  const { error } = await copyOf('research', { id: 'wrong', rules });
  expect(error).toMatchObject({ status: 422, errors: [{ path: 'rules.0.match.attribute' }] });
});

test('a profile is exported as the engine reads it, and imported under another id', async () => {
  const params = { path: { id: 'research' } };
  const { data } = await administrator.client.GET('/api/v1/profiles/{id}/export', { params });
  const body = { ...(data as ProfileContent), id: 'imported' };
  const imported = await administrator.client.POST('/api/v1/profiles', { body });
  expect(imported.data?.content).toEqual({ ...body, version: 1 });
  expect((await administrator.client.POST('/api/v1/profiles', { body })).error).toMatchObject({
    status: 409,
    errors: [{ path: 'id' }],
  });
});

test('a project names a profile, which then stays', async () => {
  await copyOf('basic', { id: 'named', name: 'Named' });
  const made = (profileId: string) =>
    administrator.client.POST('/api/v1/projects', { body: { name: `With ${profileId}`, profileId } });
  expect((await made('unknown')).error).toMatchObject({ status: 422, errors: [{ path: 'profileId' }] });
  const { data } = await made('named');
  expect((await get('named'))?.projects).toEqual([{ id: data?.id, name: 'With named' }]);
  expect(await remove('named')).toBe(409);
  const params = { path: { id: data?.id ?? '' } };
  await administrator.client.PATCH('/api/v1/projects/{id}', { params, body: { profileId: 'research' } });
  expect(await remove('named')).toBe(204);
});

import { testDatabase, waitFor, type TestDatabase } from '@viaduct/testing';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ensureFirstAdministrator } from '../firstAdministrator.ts';
import { PASSWORD, signIn, startTestServer, type TestServer } from '../harness/testServer.ts';

let postgres: TestDatabase;
let server: TestServer;
beforeEach(async () => {
  postgres = await testDatabase();
  server = await startTestServer(postgres.connectionString, { signInsPerMinute: 5, firstStart: true });
});
afterEach(async () => {
  await server[Symbol.asyncDispose]();
  await postgres[Symbol.asyncDispose]();
});

const json = { 'content-type': 'application/json' };
const attempt = (body: object, headers: Record<string, string> = {}) =>
  server.fetch('/api/auth/sign-in/username', {
    method: 'POST',
    headers: { ...json, origin: server.origin, ...headers },
    body: JSON.stringify(body),
  });

test('the first administrator has a one-time password that has to be changed before anything else', async () => {
  const { username, password } = await waitFor(() => server.announced[0]);
  const headers = { cookie: await signIn(server.origin, username, password), origin: server.origin, ...json };
  const session = (await (await server.fetch('/api/v1/session', { headers })).json()) as { user: object };
  expect(session.user).toMatchObject({ username: 'admin', role: 'administrator', mustChangePassword: true });

  const refused = await server.fetch('/api/v1/nodes', { headers });
  expect(refused.status).toBe(403);
  expect(await refused.json()).toMatchObject({ type: 'urn:viaduct:problem:password-change-required' });

  const change = (currentPassword: string, newPassword: string) =>
    server.fetch('/api/v1/session/password', {
      method: 'POST',
      headers,
      body: JSON.stringify({ currentPassword, newPassword }),
    });
  expect((await change(password, password)).status).toBe(422);
  expect((await change('wrong wrong wrong', PASSWORD)).status).toBe(422);
  expect((await change(password, PASSWORD)).status).toBe(204);
  expect((await server.fetch('/api/v1/nodes', { headers })).status).toBe(200);
  expect(await ensureFirstAdministrator(server.database.client)).toBeUndefined();
});

test('a one-time password that nobody has used is replaced at the next start', async () => {
  const first = await waitFor(() => server.announced[0]);
  const second = await ensureFirstAdministrator(server.database.client);
  expect(second?.password).not.toBe(first.password);
  await expect(signIn(server.origin, 'admin', first.password)).rejects.toThrow('401');
  await signIn(server.origin, 'admin', second?.password ?? '');
});

test('the one-time password is in no log', async () => {
  const { password } = await waitFor(() => server.announced[0]);
  await signIn(server.origin, 'admin', password);
  expect(server.log.join('')).toContain('/api/auth/sign-in/username');
  expect(server.log.join('')).not.toContain(password);
});

test('wrong names and wrong passwords get the same answer', async () => {
  const { username } = await server.person('researcher');
  const answers = await Promise.all([
    attempt({ username, password: 'not this one' }),
    attempt({ username: 'nobody', password: 'not this one' }),
  ]);
  for (const answer of answers) {
    expect(answer.status).toBe(401);
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
    expect(await answer.json()).toMatchObject({ detail: 'User name or password is wrong.' });
  }
});

test('an address that tries too often has to wait', async () => {
  const from = (address: string) => attempt({ username: 'nobody', password: 'x' }, { 'x-forwarded-for': address });
  for (let n = 0; n < 5; n++) expect((await from('192.0.2.1')).status).toBe(401);
  const late = await from('spoofed, 192.0.2.1');
  expect(late.status).toBe(429);
  expect(Number(late.headers.get('retry-after'))).toBeGreaterThan(0);
  expect((await from('192.0.2.2')).status).toBe(401);
});

test('signing out ends the session', async () => {
  const { headers } = await server.person('researcher');
  const out = await server.fetch('/api/auth/sign-out', {
    method: 'POST',
    headers: { ...headers, ...json },
    body: '{}',
  });
  expect(out.status).toBe(200);
  expect((await server.fetch('/api/v1/session', { headers })).status).toBe(401);
});

test('changing the password ends the other sessions of the person', async () => {
  const { headers, username, client } = await server.person('researcher');
  const other = { cookie: await signIn(server.origin, username, PASSWORD) };
  const body = { currentPassword: PASSWORD, newPassword: 'another good password' };
  expect((await client.POST('/api/v1/session/password', { body })).response.status).toBe(204);
  expect((await server.fetch('/api/v1/session', { headers })).status).toBe(200);
  expect((await server.fetch('/api/v1/session', { headers: other })).status).toBe(401);
});

test('what else the authentication library can do is closed', async () => {
  const { headers } = await server.person('administrator');
  for (const path of ['/sign-up/email', '/admin/list-users', '/admin/set-role', '/change-password', '/update-user']) {
    const answer = await server.fetch(`/api/auth${path}`, {
      method: 'POST',
      headers: { ...headers, ...json },
      body: '{}',
    });
    expect(answer.status, path).toBe(404);
  }
});

test('a banned account is nobody', async () => {
  const { headers, id } = await server.person('researcher');
  await server.database.client.user.update({ where: { id }, data: { banned: true } });
  expect((await server.fetch('/api/v1/session', { headers })).status).toBe(401);
});

import { ROLES, type Role } from '@viaduct/domain';
import { testDatabase, type TestDatabase } from '@viaduct/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { operations } from '../operations/index.ts';
import type { Operation } from '../operations/operation.ts';
import { startTestServer, type TestPerson, type TestServer } from '../harness/testServer.ts';

let postgres: TestDatabase;
let server: TestServer;
let researcher: TestPerson;
let newcomer: TestPerson;
beforeAll(async () => {
  postgres = await testDatabase();
  server = await startTestServer(postgres.connectionString);
  researcher = await server.person('researcher');
  newcomer = await server.person('administrator');
  await server.database.client.user.update({ where: { id: newcomer.id }, data: { mustChangePassword: true } });
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await postgres[Symbol.asyncDispose]();
});

const ID = '01890000-0000-7000-8000-000000000000';
const FILLED: Readonly<Record<string, string>> = {
  id: ID,
  nodeId: ID,
  no: '1',
  signIn: 'unknown',
  studyInstanceUid: '1.2.3',
};

function call({ method, path }: Operation, headers: Record<string, string> = {}): Promise<Response> {
  const filled = path.replaceAll(/\{(\w+)\}/g, (_all, name: string) => FILLED[name] ?? '');
  return server.fetch(`/api/v1${filled}`, {
    method: method.toUpperCase(),
    headers,
    signal: AbortSignal.timeout(10_000),
  });
}

const isOpen = ({ access }: Operation) => access === 'public';
const restricted = operations.filter((operation) => !isOpen(operation));
const named = (list: readonly Operation[]) => list.map((operation) => [operation.id, operation] as const);

describe('anonymous', () => {
  test.each(named(restricted))('%s answers 401', async (_id, operation) => {
    const answer = await call(operation);
    expect(answer.status).toBe(401);
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
  });
  test('only health, readiness and the document are open', () => {
    expect(operations.filter(isOpen).map(({ id }) => id)).toEqual(['getHealth', 'getReadiness', 'getDocument']);
  });
});

/** What a role is refused; everything else it may do. Those who administer may do all there is. */
const REFUSED: Readonly<Record<Role, readonly string[]>> = {
  administrator: [],
  operator: ['createProject', 'updateProject', 'createProfile', 'updateProfile', 'deleteProfile'],
  researcher: [
    'createNode',
    'updateNode',
    'deleteNode',
    'suspendNode',
    'resumeNode',
    'testNode',
    'testNodeMove',
    'probeNodeCapabilities',
    'createProject',
    'updateProject',
    'createProfile',
    'updateProfile',
    'deleteProfile',
    'forceEndJob',
    'getQueue',
    'getReceiver',
  ],
};

describe.each(ROLES)('%s', (role) => {
  let person: TestPerson;
  beforeAll(async () => {
    person = await server.person(role);
  });
  test.each(named(operations))('%s is refused only where the role may not', async (id, operation) => {
    const answer = await call(operation, person.headers);
    await answer.body?.cancel();
    if (REFUSED[role].includes(id)) expect(answer.status).toBe(403);
    else expect([401, 403, 500]).not.toContain(answer.status);
  });
});

describe('a person with a one-time password', () => {
  test.each(named(restricted.filter(({ access }) => access !== 'session')))(
    '%s answers 403',
    async (_id, operation) => {
      const answer = await call(operation, newcomer.headers);
      expect(answer.status).toBe(403);
      expect(await answer.json()).toMatchObject({ type: 'urn:viaduct:problem:password-change-required' });
    },
  );
});

describe('requests of other sites', () => {
  const change = (headers: Record<string, string>) =>
    server.fetch('/api/v1/session/password', {
      method: 'POST',
      headers: { cookie: researcher.headers['cookie'] ?? '', ...headers },
    });
  test.each([
    ['without an origin', {}],
    ['of a foreign origin', { origin: 'https://evil.example' }],
    ['of an opaque origin', { origin: 'null' }],
    ['marked cross-site by the browser', { origin: 'SELF', 'sec-fetch-site': 'cross-site' }],
  ])('an unsafe one %s is refused', async (_how, headers: Record<string, string>) => {
    const own = headers['origin'] === 'SELF' ? { ...headers, origin: server.origin } : headers;
    const answer = await change(own);
    expect(answer.status).toBe(403);
    expect(await answer.json()).toMatchObject({ type: 'urn:viaduct:problem:foreign-origin' });
  });
  test.each([
    ['of our own origin', { origin: 'SELF' }],
    ['of the address it was sent to', { origin: 'https://viaduct.example', 'x-forwarded-host': 'viaduct.example' }],
    ['marked same-origin by the browser', { 'sec-fetch-site': 'same-origin' }],
  ])('an unsafe one %s is let through', async (_how, headers: Record<string, string>) => {
    const own = headers['origin'] === 'SELF' ? { ...headers, origin: server.origin } : headers;
    expect((await change(own)).status).toBe(415);
  });
});

import os from 'node:os';
import { randomUUID } from 'node:crypto';
import { createClient, type ViaductClient } from '@viaduct/client';
import type { Role } from '@viaduct/domain';
import { openDatabase, type Database } from '@viaduct/prisma';
import { hashPassword } from 'better-auth/crypto';
import { serializeSignedCookie } from 'better-call';
import pino from 'pino';
import type { FirstAdministrator } from '../firstAdministrator.ts';
import { startServer, type ServerOptions } from '../server.ts';
import { fakeEngine, fakePacs, type FakeEngine } from './fakes.ts';

/** Password of every person of the tests; its hash is made once. */
export const PASSWORD = 'correct horse battery';
const hashed = hashPassword(PASSWORD);
const HOUR_MS = 3_600_000;
const keys = { master: Buffer.alloc(32, 1), session: Buffer.alloc(32, 2) };

/** A server with a database of its own; engine and PACS are fakes unless given. */
export interface TestServer extends AsyncDisposable {
  readonly origin: string;
  readonly database: Database;
  readonly engine: FakeEngine;
  readonly announced: FirstAdministrator[];
  /** Everything that was logged. */
  readonly log: string[];
  /** Makes a person with a session, as after a sign-in, whose hash would be most of what a test costs. */
  person(role: Role): Promise<TestPerson>;
  fetch(path: string, init?: RequestInit): Promise<Response>;
}

export interface TestPerson {
  readonly id: string;
  readonly username: string;
  /** Headers of a signed-in browser. */
  readonly headers: Record<string, string>;
  readonly client: ViaductClient;
}

let addresses = 0;

/** Signs in and gives the cookie; every call comes from another address, so that no limit of tries gets in the way. */
export async function signIn(origin: string, username: string, password: string): Promise<string> {
  const answer = await fetch(`${origin}/api/auth/sign-in/username`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      origin,
      'x-forwarded-for': `10.0.${addresses >> 8}.${addresses++ & 255}`,
    },
    body: JSON.stringify({ username, password }),
  });
  if (!answer.ok) throw new Error(`sign-in: ${answer.status} ${await answer.text()}`);
  return answer.headers
    .getSetCookie()
    .map((cookie) => cookie.split(';')[0])
    .join('; ');
}

/** Starts a server on a free port. `firstStart`: nobody exists yet, so that it makes the first administrator. */
export async function startTestServer(
  connectionString: string,
  {
    firstStart = false,
    ...over
  }: Partial<Pick<ServerOptions, 'pacs' | 'signInsPerMinute' | 'webPort'>> & { firstStart?: boolean } = {},
): Promise<TestServer> {
  const engine = fakeEngine();
  const announced: FirstAdministrator[] = [];
  const log: string[] = [];
  const database = openDatabase({ connectionString, poolSize: 3 });
  if (!firstStart) await enterPerson(database, 'researcher');
  const server = await startServer({
    connectionString,
    engine,
    pacs: () => fakePacs(() => []),
    keys,
    host: '127.0.0.1',
    port: 0,
    webPort: 1,
    version: '0.0.0',
    previewFolder: os.tmpdir(),
    callingAeTitle: 'VIADUCT',
    probeMinutes: 0,
    catalogue: { freshMinutes: 10, days: 30 },
    log: pino({ level: 'debug' }, { write: (line) => void log.push(line) }),
    announce: (administrator) => void (administrator && announced.push(administrator)),
    checkAnswers: true,
    ...over,
  });
  const { origin } = server;

  const person = async (role: Role): Promise<TestPerson> => {
    const { id, username } = await enterPerson(database, role);
    const headers = { cookie: await enterSession(database, id), origin };
    return { id, username, headers, client: createClient({ baseUrl: origin, headers }) };
  };

  return {
    origin,
    database,
    engine,
    announced,
    log,
    person,
    fetch: (path, init) => fetch(origin + path, init),
    [Symbol.asyncDispose]: async () => {
      await server[Symbol.asyncDispose]();
      await database.close();
    },
  };
}

async function enterPerson(database: Database, role: Role): Promise<{ id: string; username: string }> {
  const id = randomUUID();
  const username = `${role}_${id.slice(0, 8)}`;
  await database.client.user.create({
    data: {
      id,
      username,
      displayUsername: username,
      name: `Some ${role}`,
      email: `${id}@example.invalid`,
      role,
      accounts: { create: { id: randomUUID(), accountId: id, providerId: 'credential', password: await hashed } },
    },
  });
  return { id, username };
}

/** A session as a sign-in makes it; gives its cookie. */
async function enterSession(database: Database, userId: string): Promise<string> {
  const token = randomUUID();
  const expiresAt = new Date(Date.now() + HOUR_MS);
  await database.client.session.create({ data: { id: randomUUID(), token, userId, expiresAt } });
  return serializeSignedCookie('viaduct.session_token', token, keys.session.toString('base64url'));
}

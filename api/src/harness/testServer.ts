import { randomUUID } from 'node:crypto';
import { createClient, type ViaductClient } from '@viaduct/client';
import type { Role } from '@viaduct/domain';
import { openDatabase, type Database } from '@viaduct/prisma';
import { hashPassword } from 'better-auth/crypto';
import pino from 'pino';
import type { FirstAdministrator } from '../firstAdministrator.ts';
import { startServer, type ServerOptions } from '../server.ts';
import { fakeEngine, fakePacs, type FakeEngine } from './fakes.ts';

/** Password of every person of the tests; its hash is made once. */
export const PASSWORD = 'correct horse battery';
const hashed = hashPassword(PASSWORD);

/** A server with a database of its own; engine and PACS are fakes unless given. */
export interface TestServer extends AsyncDisposable {
  readonly origin: string;
  readonly database: Database;
  readonly engine: FakeEngine;
  readonly announced: FirstAdministrator[];
  /** Everything that was logged. */
  readonly log: string[];
  /** Makes a person and signs in. */
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

/** Starts a server on a free port. */
export async function startTestServer(
  connectionString: string,
  over: Partial<Pick<ServerOptions, 'pacs' | 'signInsPerMinute' | 'webPort'>> = {},
): Promise<TestServer> {
  const engine = fakeEngine();
  const announced: FirstAdministrator[] = [];
  const log: string[] = [];
  const database = openDatabase({ connectionString, poolSize: 3 });
  const server = await startServer({
    connectionString,
    engine,
    pacs: () => fakePacs(() => []),
    keys: { master: Buffer.alloc(32, 1), session: Buffer.alloc(32, 2) },
    host: '127.0.0.1',
    port: 0,
    webPort: 1,
    version: '0.0.0',
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
    const headers = { cookie: await signIn(origin, username, PASSWORD), origin };
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

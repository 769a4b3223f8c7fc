import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { testDatabase, waitFor, type TestDatabase } from '@viaduct/testing';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { FirstAdministrator } from './firstAdministrator.ts';
import { signIn } from './harness/testServer.ts';

/** How long a process of its own may take to start: long, since machines of tests are busy. */
const STARTED_WITHIN_MS = 60_000;
vi.setConfig({ testTimeout: 2 * STARTED_WITHIN_MS });

interface Running {
  readonly child: ChildProcess;
  readonly messages: FirstAdministrator[];
  /** Standard output and standard error. */
  readonly output: () => string;
  readonly origin: () => Promise<string>;
}

let postgres: TestDatabase;
let home: string;
let children: ChildProcess[];
beforeEach(async () => {
  postgres = await testDatabase();
  home = await mkdtemp(path.join(os.tmpdir(), 'viaduct-api-'));
  children = [];
});
afterEach(async () => {
  for (const child of children) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  await postgres[Symbol.asyncDispose]();
  await rm(home, { recursive: true });
});

function start(connectionString = postgres.connectionString): Running {
  const child = fork(fileURLToPath(new URL('./main.ts', import.meta.url)), {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    env: {
      ...process.env,
      DATABASE_URL: connectionString,
      TEMPORAL_ADDRESS: '127.0.0.1:1',
      VIADUCT_HOME: home,
      VIADUCT_HTTP_PORT: '0',
    },
  });
  children.push(child);
  const messages: FirstAdministrator[] = [];
  let text = '';
  child.on('message', ({ administrator }: { administrator?: FirstAdministrator }) => {
    if (administrator) messages.push(administrator);
  });
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => (text += chunk.toString()));
  const origin = () =>
    waitFor(() => /"origin":"(http[^"]+)"/.exec(text)?.[1], {
      what: 'the api to listen',
      deadlineMs: STARTED_WITHIN_MS,
    });
  return { child, messages, output: () => text, origin };
}

test('the one-time password goes to the parent process and nowhere else', async () => {
  const { messages, origin, output } = start();
  const { username, password } = await waitFor(() => messages[0], { deadlineMs: STARTED_WITHIN_MS });
  await signIn(await origin(), username, password);
  expect(output()).not.toContain(password);
});

test('it lives without the engine, and says that it is not ready', async () => {
  const { origin } = start();
  const url = await origin();
  expect((await fetch(`${url}/api/v1/health`)).status).toBe(200);
  const ready = await fetch(`${url}/api/v1/ready`);
  expect(ready.status).toBe(503);
  expect(await ready.json()).toMatchObject({
    ok: false,
    checks: { database: { ok: true }, temporal: { ok: false }, worker: { ok: false }, receiver: { ok: false } },
  });
});

test('it lives without the database, too', async () => {
  const { origin } = start('postgresql://nobody@127.0.0.1:1/none');
  const url = await origin();
  expect((await fetch(`${url}/api/v1/health`)).status).toBe(200);
  expect(await (await fetch(`${url}/api/v1/ready`)).json()).toMatchObject({ checks: { database: { ok: false } } });
});

test('its keys are for nobody else to read', async () => {
  await start().origin();
  const keys = path.join(home, 'keys');
  expect((await readdir(keys)).sort()).toEqual(['master.key', 'payload.key', 'session.key']);
  for (const name of await readdir(keys)) expect((await stat(path.join(keys, name))).mode & 0o777).toBe(0o600);
  expect((await readFile(path.join(keys, 'session.key'))).length).toBeGreaterThan(40);
});

test.each(['SIGTERM', 'SIGINT', 'disconnect'] as const)(
  'it ends cleanly on %s, also with a stream open',
  async (how) => {
    const { child, messages, origin } = start();
    const { username, password } = await waitFor(() => messages[0], { deadlineMs: STARTED_WITHIN_MS });
    const url = await origin();
    const cookie = await signIn(url, username, password);
    const headers = { cookie, origin: url, 'content-type': 'application/json' };
    const change = JSON.stringify({ currentPassword: password, newPassword: 'correct horse battery' });
    await fetch(`${url}/api/v1/session/password`, { method: 'POST', headers, body: change });
    const stream = await fetch(`${url}/api/v1/events`, { headers: { cookie } });
    expect(stream.status).toBe(200);
    const ended = once(child, 'exit', { signal: AbortSignal.timeout(8_000) });
    if (how === 'disconnect') child.disconnect();
    else child.kill(how);
    expect(await ended).toEqual([0, null]);
    await stream.text();
  },
);

test('a port that is taken is said in one line', async () => {
  const url = await start().origin();
  const second = fork(fileURLToPath(new URL('./main.ts', import.meta.url)), {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    env: {
      ...process.env,
      DATABASE_URL: postgres.connectionString,
      VIADUCT_HOME: home,
      VIADUCT_HTTP_PORT: new URL(url).port,
    },
  });
  children.push(second);
  let error = '';
  second.stderr?.on('data', (chunk: Buffer) => (error += chunk.toString()));
  expect((await once(second, 'exit'))[0]).toBe(1);
  expect(error).toBe('api: EADDRINUSE\n');
});

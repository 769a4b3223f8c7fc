import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, test, vi } from 'vitest';
import { Child } from './child.ts';
import { Place } from './place.ts';
import { Sentence } from './sentence.ts';

const said = vi.spyOn(console, 'log').mockImplementation(() => undefined);
afterAll(() => said.mockRestore());

/** Takes a loopback port as another program does. */
async function takePort(port = 0) {
  const server = createServer().listen(port, '127.0.0.1');
  await once(server, 'listening');
  return { port: (server.address() as AddressInfo).port, [Symbol.dispose]: () => void server.close() };
}

test('a port that was chosen is chosen again when another program has taken it', async () => {
  const place = await Place.chosen();
  const before = place.port;
  expect(await place.settle()).toBe(false);
  using other = await takePort(before);
  expect(await place.settle()).toBe(true);
  expect(place.port).not.toBe(other.port);
});

test('a port that was given is asked for in one sentence', async () => {
  using other = await takePort();
  const place = Place.given(other.port, '127.0.0.1', 'VIADUCT_HTTP_PORT');
  await expect(place.settle()).rejects.toThrow(
    new Sentence(
      `port ${other.port} on 127.0.0.1 is in use or not allowed; free it or set VIADUCT_HTTP_PORT to another port.`,
    ),
  );
});

test('what keeps a child from starting is said once, and it starts when that is over', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'viaduct-child-'));
  let hindered = false;
  let [starts, vain] = [0, 0];
  const start = () => {
    if (hindered && ++vain > 0) throw new Sentence('the port is in use.');
    starts += 1;
    return spawn(process.execPath, ['-e', 'setInterval(() => 0, 1000)'], { stdio: 'ignore' });
  };
  const child = new Child({ name: 'sleeper', graceMs: 5_000, start }, folder);
  await child.start();
  hindered = true;
  await child.renew();
  await vi.waitFor(() => expect(vain).toBe(2), 10_000);
  hindered = false;
  await vi.waitFor(() => expect(starts).toBe(2), 10_000);
  await child.stop();
  const lines = said.mock.calls.map(([line]) => String(line)).filter((line) => line.includes('in use'));
  expect(lines).toEqual(['viaduct: sleeper cannot be started: the port is in use.']);
  rmSync(folder, { recursive: true });
});

import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import Koa from 'koa';
import { waitFor } from '@viaduct/testing';
import { afterEach, expect, test } from 'vitest';
import { openEventStream, type EventStream, type StreamLimits } from './eventStream.ts';

const opened: { server?: http.Server; stream?: EventStream } = {};
afterEach(() => {
  opened.server?.closeAllConnections();
  opened.server?.close();
});

async function serve(limits: StreamLimits, closing = new AbortController().signal): Promise<string> {
  const app = new Koa();
  app.silent = true; // a stream that breaks off is what is tested
  app.use((ctx) => {
    opened.stream = openEventStream(ctx, closing, limits);
  });
  opened.server = app.listen(0, '127.0.0.1');
  await once(opened.server, 'listening');
  return `http://127.0.0.1:${(opened.server.address() as AddressInfo).port}`;
}

test('an event shows now and then that the connection lives', async () => {
  const response = await fetch(await serve({ heartbeatMs: 20, maxWaitingBytes: 1_000 }));
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  while (!text.includes('event: alive')) text += (await reader?.read())?.value ?? '';
  expect(text).toContain('retry: 2000\n\n');
  await reader?.cancel();
});

test('a reader that is too slow is cut off', async () => {
  const url = await serve({ heartbeatMs: 10_000, maxWaitingBytes: 100_000 });
  const request = http.get(url);
  const [response] = (await once(request, 'response')) as [http.IncomingMessage];
  response.pause();
  const gone = waitFor(() => {
    opened.stream?.send('job', 'x'.repeat(50_000));
    return opened.stream?.signal.aborted;
  });
  await expect(gone).resolves.toBe(true);
  request.destroy();
});

test('a reader that leaves is noticed', async () => {
  const leaving = new AbortController();
  await fetch(await serve({ heartbeatMs: 10_000, maxWaitingBytes: 1_000 }), { signal: leaving.signal });
  expect(opened.stream?.signal.aborted).toBe(false);
  leaving.abort();
  await waitFor(() => opened.stream?.signal.aborted);
});

test('streams end when the process does', async () => {
  const closing = new AbortController();
  const response = await fetch(await serve({ heartbeatMs: 10_000, maxWaitingBytes: 1_000 }, closing.signal));
  closing.abort();
  expect(await response.text()).toBe('retry: 2000\n\n');
});

import http from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { testDatabase, type TestDatabase } from '@viaduct/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import Koa from 'koa';
import type { RequestState } from './context.ts';
import { proxyToPages } from './proxy.ts';
import { startTestServer, type TestPerson, type TestServer } from '../harness/testServer.ts';

let postgres: TestDatabase;
let server: TestServer;
let operator: TestPerson;
const pages = http.createServer((request, response) => {
  if (request.url === '/breaks-off') {
    response.writeHead(200, { 'content-length': '1000' }).write('a beginning');
    setImmediate(() => response.destroy());
    return;
  }
  response.setHeader('content-type', 'application/json');
  const { 'x-forwarded-host': forwardedHost, 'x-forwarded-proto': forwardedProto } = request.headers;
  response.end(JSON.stringify({ url: request.url, forwardedHost, forwardedProto }));
});
beforeAll(async () => {
  postgres = await testDatabase();
  pages.listen(0, '127.0.0.1');
  await once(pages, 'listening');
  server = await startTestServer(postgres.connectionString, { webPort: (pages.address() as AddressInfo).port });
  operator = await server.person('operator');
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await postgres[Symbol.asyncDispose]();
  pages.close();
});

test('answers of the API cannot be run, framed, sniffed or kept', async () => {
  const { headers } = await server.fetch('/api/v1/health');
  expect(headers.get('content-security-policy')).toBe(
    "default-src 'none';frame-ancestors 'none';base-uri 'none';form-action 'none'",
  );
  expect(headers.get('x-content-type-options')).toBe('nosniff');
  expect(headers.get('x-frame-options')).toBe('DENY');
  expect(headers.get('cache-control')).toBe('no-store');
  expect(headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
});

test.each([
  ['GET', '/api/v1/nothing', 404],
  ['GET', '/api/nothing', 404],
  ['GET', '/api', 404],
  ['PUT', '/api/v1/health', 405],
])('%s %s is a problem with status %i', async (method, path, status) => {
  const answer = await server.fetch(path, { method });
  expect(answer.status).toBe(status);
  expect(answer.headers.get('content-type')).toContain('application/problem+json');
  expect(await answer.json()).toMatchObject({ status });
});

test('a malformed id in a path is not found, not an error', async () => {
  const { headers } = operator;
  expect((await server.fetch('/api/v1/jobs/not-a-uuid', { headers })).status).toBe(404);
});

test('every field that is not valid is named', async () => {
  const { error } = await operator.client.POST('/api/v1/nodes', {
    body: { kind: 'server', name: '', aeTitle: 'MUCH TOO LONG A TITLE', host: 'pacs', port: 99_999 },
  });
  expect(error?.errors?.map(({ path }) => path).sort()).toEqual(['aeTitle', 'name', 'port']);
});

test.each([
  ['broken JSON', '{', 'application/json', 400],
  ['a form', 'a=b', 'application/x-www-form-urlencoded', 415],
  ['too large a body', `"${'x'.repeat(300_000)}"`, 'application/json', 413],
])('%s is refused', async (_what, body, type, status) => {
  const answer = await server.fetch('/api/v1/nodes', {
    method: 'POST',
    headers: { ...operator.headers, 'content-type': type },
    body,
  });
  expect(answer.status).toBe(status);
});

test('the log has neither paths, query strings nor bodies', async () => {
  await server.fetch('/api/v1/jobs?q=SECRET-QUERY', { headers: operator.headers });
  await server.fetch('/api/v1/jobs/SECRET-PATH', { headers: operator.headers });
  await server.fetch('/pages/SECRET-PAGE?x=SECRET-QUERY');
  await operator.client.POST('/api/v1/nodes', { body: { kind: 'folder', name: 'SECRET-BODY', path: '/nowhere' } });
  const log = server.log.join('');
  expect(log).toContain('"route":"/jobs"');
  expect(log).not.toContain('SECRET');
});

test('everything that is not for the API comes from the pages', async () => {
  const answer = await server.fetch('/jobs/1?tab=tasks');
  const forwardedHost = new URL(server.origin).host;
  expect(await answer.json()).toEqual({ url: '/jobs/1?tab=tasks', forwardedHost, forwardedProto: 'http' });
});

test('a page that breaks off on its way is no page that never ends', async () => {
  const answer = await server.fetch('/breaks-off');
  await expect(answer.text()).rejects.toThrow();
});

test('with a public URL the pages are told that one, whatever a request says', async () => {
  const webPort = (pages.address() as AddressInfo).port;
  const app = new Koa<RequestState>().use(proxyToPages({ webPort, publicOrigin: 'https://viaduct.example' }));
  const front = app.listen(0, '127.0.0.1');
  await once(front, 'listening');
  const url = `http://127.0.0.1:${(front.address() as AddressInfo).port}/`;
  for (const headers of [{}, { 'x-forwarded-proto': 'https' }, { 'x-forwarded-host': 'other.example' }]) {
    const answer = await fetch(url, { headers });
    expect(await answer.json()).toEqual({ url: '/', forwardedHost: 'viaduct.example', forwardedProto: 'https' });
  }
  front.close();
});

test('while the pages are not up there is a friendly page with 503', async () => {
  await using other = await startTestServer(postgres.connectionString, { webPort: 1 });
  const answer = await other.fetch('/');
  expect(answer.status).toBe(503);
  expect(answer.headers.get('retry-after')).toBe('3');
  expect(await answer.text()).toContain('Viaduct is starting');
});

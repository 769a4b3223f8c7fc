import { once } from 'node:events';
import http from 'node:http';
import type { Destination, Faults, Pacs, PacsState } from './types.ts';

/** What the control endpoint of a PACS in another process offers; the client's side of it. */
export type PacsControl = Pick<Pacs, 'setFaults' | 'setDestinations' | 'state' | 'reset' | 'instances' | 'rescan'>;

const REQUEST_DEADLINE_MS = 10_000;
const BODY_LIMIT = 16 * 1024 * 1024;

async function bodyOf(request: http.IncomingMessage): Promise<unknown> {
  let text = '';
  for await (const chunk of request) {
    text += String(chunk);
    if (text.length > BODY_LIMIT) throw new Error('the body is too large');
  }
  return text === '' ? undefined : JSON.parse(text);
}

/** Serves the control endpoint on the loopback interface. Settles when it listens. */
export async function serveControl(pacs: Pacs, port: number): Promise<{ port: number } & AsyncDisposable> {
  const routes: Readonly<Record<string, (body: unknown) => Promise<unknown>>> = {
    'GET /state': () => pacs.state(),
    'GET /instances': () => pacs.instances(),
    'PUT /faults': (body) => pacs.setFaults(body as Faults),
    'PUT /destinations': (body) => pacs.setDestinations(body as Readonly<Record<string, Destination>>),
    'POST /reset': () => pacs.reset(),
    'POST /rescan': () => pacs.rescan(),
  };
  const handle = async (request: http.IncomingMessage) => {
    const route = routes[`${request.method} ${request.url}`];
    if (!route) return { status: 404, body: null };
    return { status: 200, body: (await route(await bodyOf(request))) ?? null };
  };
  const server = http.createServer((request, response) => {
    handle(request).then(
      ({ status, body }) =>
        response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body)),
      (error: unknown) => response.writeHead(500).end(String(error)),
    );
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the control endpoint has no port');
  return {
    port: address.port,
    [Symbol.asyncDispose]: async () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** The client of a control endpoint. */
export function connectControl(port: number): PacsControl {
  const ask = async <T>(method: string, route: string, body?: unknown): Promise<T> => {
    const response = await fetch(`http://127.0.0.1:${port}${route}`, {
      method,
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: AbortSignal.timeout(REQUEST_DEADLINE_MS),
    });
    if (!response.ok) throw new Error(`the control endpoint answered ${response.status}: ${await response.text()}`);
    return (await response.json()) as T;
  };
  return {
    setFaults: (faults) => ask('PUT', '/faults', faults),
    setDestinations: (destinations) => ask('PUT', '/destinations', destinations),
    state: () => ask<PacsState>('GET', '/state'),
    instances: () => ask<string[]>('GET', '/instances'),
    reset: () => ask('POST', '/reset'),
    rescan: () => ask('POST', '/rescan'),
  };
}

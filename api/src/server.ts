import http from 'node:http';
import { once } from 'node:events';
import { isUnavailable, openDatabase } from '@viaduct/prisma';
import type { Logger } from 'pino';
import { setTimeout as sleep } from 'node:timers/promises';
import { eventRoutes } from './events/eventRoutes.ts';
import { startLive } from './events/live.ts';
import { ensureFirstAdministrator, type FirstAdministrator } from './firstAdministrator.ts';
import { createApp } from './http/app.ts';
import { jobRoutes } from './jobs/jobRoutes.ts';
import { startRates } from './jobs/rates.ts';
import { nodeRoutes } from './nodes/nodeRoutes.ts';
import { startProbe } from './nodes/probe.ts';
import { operateRoutes } from './operate/operateRoutes.ts';
import { createThroughput } from './operate/throughput.ts';
import { startDispatcher } from './outbox/dispatcher.ts';
import { startReconciler } from './outbox/reconcile.ts';
import type { PacsPort } from './gateway/pacsPort.ts';
import { accountRoutes } from './people/accountRoutes.ts';
import { createAuth } from './people/auth.ts';
import { authenticateBy } from './people/authenticate.ts';
import { sessionRoutes } from './people/sessionRoutes.ts';
import { previewRoutes } from './previews/previewRoutes.ts';
import { profileRoutes } from './profiles/profileRoutes.ts';
import { projectRoutes } from './projects/projectRoutes.ts';
import { reviewRoutes } from './review/reviewRoutes.ts';
import type { CatalogueTimes } from './searches/catalogue.ts';
import { createSearches } from './searches/searches.ts';
import { searchRoutes } from './searches/searchRoutes.ts';
import { systemRoutes } from './system/systemRoutes.ts';
import { taskRoutes } from './tasks/taskRoutes.ts';
import type { Engine } from './temporal/engine.ts';

/**
 * How long a request waits for a job that somebody else changes, such as by beginning 100,000 studies again, ms: whoever
 * asks gets an answer, and connections to the database are not used up by waiting.
 */
const ANSWER_WITHIN_MS = 5_000;

/** What the server is started with. */
export interface ServerOptions {
  readonly connectionString: string;
  readonly engine: Engine;
  readonly pacs: (database: ReturnType<typeof openDatabase>) => PacsPort;
  readonly keys: { readonly master: Uint8Array; readonly session: Uint8Array };
  readonly host: string;
  /** 0 takes a free port. */
  readonly port: number;
  /** The public URL; undefined: made from host and port. */
  readonly origin?: string;
  /** Where the pages are served; 127.0.0.1 by default. */
  readonly webHost?: string;
  readonly webPort: number;
  readonly version: string;
  /** Where images are while a preview is made of them: originals. */
  readonly previewFolder: string;
  /** How we introduce ourselves to nodes. */
  readonly callingAeTitle: string;
  /** How often idle nodes are asked, minutes; 0: never. */
  readonly probeMinutes: number;
  readonly catalogue: CatalogueTimes;
  readonly log: Logger;
  /** Told the one-time password of the first administrator, when there is one. */
  readonly announce: (administrator: FirstAdministrator | undefined) => void;
  readonly signInsPerMinute?: number;
  readonly checkAnswers?: boolean;
}

/** A server that answers; disposing it ends everything it has begun. */
export interface RunningServer extends AsyncDisposable {
  readonly origin: string;
}

/**
 * Starts the API: HTTP, live events, outbox and reconciler. Succeeds also while database and engine are still starting.
 * @throws when the address cannot be listened on
 */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { log, keys, engine, host, connectionString } = options;
  const server = http.createServer();
  server.keepAliveTimeout = 65_000; // longer than proxies keep theirs
  server.listen(options.port, host);
  await once(server, 'listening');
  const origin = options.origin ?? originOf(server, host);

  await using stack = new AsyncDisposableStack();
  const closing = new AbortController();
  const database = stack.use(openDatabase({ connectionString, lockTimeoutMs: ANSWER_WITHIN_MS }));
  const { client, pool } = database;
  const pacs = options.pacs(database);
  const dispatcher = stack.use(startDispatcher(pool, engine, log));
  stack.use(startReconciler(pool, engine, log, options.catalogue));
  const rates = stack.use(startRates(pool, log));
  const reading = { database, rates, throughput: createThroughput(pool) };
  const live = stack.use(startLive({ reading, connectionString, log, onOutbox: () => dispatcher.wake() }));
  const { probeMinutes } = options;
  stack.use(startProbe({ database, idleMs: probeMinutes * 60_000, test: pacs.test, log }));
  const searches = stack.use(
    createSearches({ pool, source: pacs.source, freshMinutes: options.catalogue.freshMinutes }),
  );
  const { signInsPerMinute, checkAnswers, webHost, webPort } = options;
  const secret = Buffer.from(keys.session).toString('base64url');
  const auth = createAuth({ client, origin, secret, signInsPerMinute });
  const app = createApp({
    auth,
    origin,
    webHost,
    webPort,
    publicOrigin: options.origin,
    log,
    checkAnswers,
    routes: [
      ...sessionRoutes(auth, client),
      ...accountRoutes(client),
      ...nodeRoutes({
        reading,
        masterKey: keys.master,
        probeMinutes,
        test: pacs.test,
        engine,
        capabilities: pacs.capabilities,
        sentence: (nodeId, error) => pacs.source.sentence(nodeId, error),
        refuseFolder: pacs.refuseFolder,
      }),
      ...profileRoutes(client),
      ...previewRoutes(database, keys.master, pacs, options.previewFolder),
      ...reviewRoutes(database, keys.master),
      ...projectRoutes(client, keys.master),
      ...searchRoutes({ client, searches, source: pacs.source, closing: closing.signal }),
      ...jobRoutes(reading, keys.master),
      ...taskRoutes(database),
      ...operateRoutes(reading, options.callingAeTitle),
      ...eventRoutes({ client, live, authenticate: authenticateBy(auth), closing: closing.signal }),
      ...systemRoutes(database, engine, options.version),
    ],
  });
  const handle = app.callback();
  server.on('request', (request, response) => void handle(request, response));
  const welcoming = welcome(client, options.announce, closing.signal, log);
  stack.defer(() => welcoming);
  stack.defer(() => stopServing(server, closing));
  const running = stack.move();
  return { origin, [Symbol.asyncDispose]: () => running.disposeAsync() };
}

function originOf(server: http.Server, host: string): string {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return `http://${host.includes(':') ? `[${host}]` : host}:${address.port}`;
}

/** Waits for the database if need be. */
async function welcome(
  client: Parameters<typeof ensureFirstAdministrator>[0],
  announce: ServerOptions['announce'],
  closing: AbortSignal,
  log: Logger,
): Promise<void> {
  while (!closing.aborted) {
    try {
      const administrator = await ensureFirstAdministrator(client);
      announce(administrator);
      return;
    } catch (error) {
      if (!isUnavailable(error))
        log.error({ error: error instanceof Error ? error.name : 'unknown' }, 'no first administrator');
      await sleep(1_000, undefined, { signal: closing }).catch(() => undefined);
    }
  }
}

/** Event streams end, answers under way may finish for some seconds. */
async function stopServing(server: http.Server, closing: AbortController): Promise<void> {
  closing.abort();
  const closed = once(server, 'close');
  server.close();
  const idle = setInterval(() => server.closeIdleConnections(), 50);
  const late = setTimeout(() => server.closeAllConnections(), 3_000);
  await closed;
  clearInterval(idle);
  clearTimeout(late);
}

import pg from 'pg';

/** What the database tells: `viaduct_job` (payload job id), `viaduct_node` (node id), `viaduct_outbox` (nothing). */
export const CHANNELS = ['viaduct_job', 'viaduct_node', 'viaduct_outbox'] as const;
export type Channel = (typeof CHANNELS)[number];

export interface ListenOptions {
  readonly connectionString: string;
  readonly channels: readonly Channel[];
  onNotify(channel: Channel, payload: string): void;
  /** `up` after every (re)connection: what happened in between has to be read again. */
  onState?(state: 'up' | 'down'): void;
}

/** A subscription; `close` ends it. */
export interface Listener extends AsyncDisposable {
  close(): Promise<void>;
}

const FIRST_DELAY_MS = 100;
const MAX_DELAY_MS = 5_000;
const PROBE_EVERY_MS = 20_000;
const PROBE_TIMEOUT_MS = 5_000;

/** Listens on a connection of its own and connects again, with growing delay, for as long as it is not closed. */
export function listen(options: ListenOptions): Listener {
  const closing = new AbortController();
  const running = keepListening(options, closing.signal);
  const close = async () => {
    closing.abort();
    await running;
  };
  return { close, [Symbol.asyncDispose]: close };
}

async function keepListening(options: ListenOptions, signal: AbortSignal): Promise<void> {
  let delay = FIRST_DELAY_MS;
  while (!signal.aborted) {
    const wasUp = await listenOnce(options, signal);
    if (wasUp) {
      delay = FIRST_DELAY_MS;
      if (!signal.aborted) options.onState?.('down');
    }
    await pause(delay, signal);
    delay = Math.min(delay * 2, MAX_DELAY_MS);
  }
}

/** Returns when the connection is gone; true when it had been up. Never throws. */
async function listenOnce(options: ListenOptions, signal: AbortSignal): Promise<boolean> {
  const client = new pg.Client({
    connectionString: options.connectionString,
    connectionTimeoutMillis: PROBE_TIMEOUT_MS,
    query_timeout: PROBE_TIMEOUT_MS,
    keepAlive: true,
  });
  const gone = new AbortController();
  client.on('error', () => gone.abort());
  client.on('end', () => gone.abort());
  client.on('notification', ({ channel, payload }) => options.onNotify(channel as Channel, payload ?? ''));
  let up = false;
  try {
    await client.connect();
    for (const channel of options.channels) await client.query(`LISTEN ${client.escapeIdentifier(channel)}`);
    up = true;
    options.onState?.('up');
    const over = AbortSignal.any([signal, gone.signal]);
    while (!over.aborted) {
      await pause(PROBE_EVERY_MS, over);
      if (!over.aborted) await client.query('SELECT 1'); // a peer that vanished without a word is found here
    }
  } catch {
    // the next attempt follows
  } finally {
    await client.end().catch(() => undefined);
  }
  return up;
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done);
  });
}

import { PassThrough } from 'node:stream';
import type { RequestContext } from './context.ts';

/** Limits of an event stream. */
export interface StreamLimits {
  readonly heartbeatMs: number;
  /** Bytes that may wait for a slow reader; beyond it the connection is closed and the reader comes back by itself. */
  readonly maxWaitingBytes: number;
}

const LIMITS: StreamLimits = { heartbeatMs: 15_000, maxWaitingBytes: 4 * 1024 * 1024 };

/** A stream of server-sent events to one reader. */
export interface EventStream {
  /** Writes one event; does nothing once the stream is closed. */
  send(event: string, data: unknown, id?: string): void;
  end(): void;
  /** Aborted when the reader has gone, was too slow, or the process ends. */
  readonly signal: AbortSignal;
}

/** Opens the response of a request as a stream of events. `closing` ends it from our side. */
export function openEventStream(ctx: RequestContext, closing: AbortSignal, limits: StreamLimits = LIMITS): EventStream {
  const out = new PassThrough();
  const gone = new AbortController();
  ctx.set({
    'content-type': 'text/event-stream',
    'cache-control': 'no-store, no-transform',
    'x-accel-buffering': 'no',
  });
  ctx.status = 200;
  ctx.body = out;

  const write = (text: string) => {
    if (gone.signal.aborted) return;
    out.write(text);
    if (out.writableLength + out.readableLength > limits.maxWaitingBytes) out.destroy();
  };
  const end = () => out.end();
  // An event, not a comment: a page has to notice when its connection died without an end.
  const heartbeat = setInterval(() => write('event: alive\ndata: {}\n\n'), limits.heartbeatMs);
  closing.addEventListener('abort', end, { once: true });
  out.once('close', () => {
    clearInterval(heartbeat);
    closing.removeEventListener('abort', end);
    gone.abort();
  });
  if (closing.aborted) end();
  write('retry: 2000\n\n');
  return {
    send: (event, data, id) =>
      write(`${id === undefined ? '' : `id: ${id}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`),
    end,
    signal: gone.signal,
  };
}

import { Agent, request as httpRequest } from 'node:http';
import type { IncomingMessage, ClientRequest, OutgoingHttpHeaders } from 'node:http';
import { Agent as SecureAgent, request as httpsRequest } from 'node:https';
import type { Socket } from 'node:net';
import { once } from 'node:events';
import { socketError } from '../dimse/association/connection.ts';
import { tlsOptions } from '../dimse/association/tls.ts';
import { DimseError } from '../dimse/errors.ts';
import { WebError } from './errors.ts';
import type { WebCause } from './errors.ts';
import type { WebPeer } from './types.ts';

/** A request as it goes out. */
export interface WebRequest {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly headers: OutgoingHttpHeaders;
  /** Makes the body anew for each attempt. */
  readonly body?: () => AsyncIterable<Uint8Array>;
}

/** A response whose body must be read or thrown away. */
export interface WebResponse {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  /** The body as it comes; not reading holds the server back. @throws WebError when it breaks off or pauses too long */
  readonly body: AsyncGenerator<Buffer, void, undefined>;
  /** Ends the exchange, whatever is left of the body. */
  close(): void;
}

/** Makes requests over connections that are kept. */
export class Http {
  readonly #peer: WebPeer;
  readonly #agents = { 'http:': new Agent({ keepAlive: true }), 'https:': new SecureAgent({ keepAlive: true }) };

  constructor(peer: WebPeer) {
    this.#peer = peer;
  }

  close(): void {
    for (const agent of Object.values(this.#agents)) agent.destroy();
  }

  /**
   * Sends a request and settles when the response begins, whatever its status.
   * @throws WebError for every way to get none
   */
  async exchange({ method, url, headers, body }: WebRequest, signal?: AbortSignal): Promise<WebResponse> {
    if (signal?.aborted) throw new WebError('canceled');
    const { protocol, hostname } = new URL(url);
    const secure = protocol === 'https:';
    const request = secure
      ? httpsRequest(url, { method, headers, agent: this.#agents['https:'], ...tlsOptions(hostname, this.#peer.tls) })
      : httpRequest(url, { method, headers, agent: this.#agents['http:'] });
    const watch = new Watch(request, this.#peer.connectTimeoutMs);
    const onAbort = () => watch.fail(new WebError('canceled'));
    signal?.addEventListener('abort', onAbort, { once: true });
    const finish = () => {
      watch.stop();
      signal?.removeEventListener('abort', onAbort);
    };
    request.once('close', finish);
    try {
      const responded = once(request, 'response') as Promise<[IncomingMessage]>;
      responded.catch(() => undefined);
      await this.#connected(request, watch, secure);
      await this.#send(request, watch, body);
      watch.expect('silent-peer', this.#peer.responseTimeoutMs);
      const [message] = await responded;
      watch.stop();
      const chunks = this.#read(message, watch);
      return {
        status: message.statusCode ?? 0,
        headers: message.headers,
        body: chunks,
        close: () => request.destroy(),
      };
    } catch (error) {
      request.destroy();
      finish();
      const failure = watch.failure ?? toWebError(error);
      // A kept connection that the server has closed meanwhile says nothing about the request; the next may be new.
      const isStale =
        request.reusedSocket && failure instanceof WebError && failure.reason === 'closed-without-response';
      if (isStale) return this.exchange({ method, url, headers, body }, signal);
      throw failure;
    }
  }

  async #connected(request: ClientRequest, watch: Watch, secure: boolean): Promise<void> {
    const [socket] = request.socket ? [request.socket] : ((await once(request, 'socket')) as [Socket]);
    socket.setNoDelay(true);
    if (socket.connecting) await once(socket, secure ? 'secureConnect' : 'connect');
    watch.stop();
  }

  /** Sends the body at the speed at which it is taken. A server that has answered gets no more. */
  async #send(request: ClientRequest, watch: Watch, body: WebRequest['body']): Promise<void> {
    let answered = false;
    request.once('response', () => (answered = true));
    const { throttle } = this.#peer;
    for await (const chunk of body?.() ?? []) {
      await throttle?.(chunk.length, watch.ended);
      if (answered) break;
      if (request.write(chunk)) continue;
      watch.expect('silent-peer', this.#peer.idleTimeoutMs);
      await Promise.race([once(request, 'drain'), once(request, 'response')]);
      watch.stop();
    }
    if (!answered) request.end();
  }

  async *#read(message: IncomingMessage, watch: Watch): AsyncGenerator<Buffer, void, undefined> {
    const { idleTimeoutMs } = this.#peer;
    try {
      watch.expect('silent-peer', idleTimeoutMs);
      for await (const chunk of message as AsyncIterable<Buffer>) {
        watch.stop();
        await this.#peer.throttle?.(chunk.length, watch.ended);
        yield chunk;
        watch.expect('silent-peer', idleTimeoutMs);
      }
      if (!message.complete) throw new WebError('closed-without-response');
    } catch (error) {
      throw watch.failure ?? toWebError(error);
    } finally {
      watch.stop();
    }
  }
}

/** The deadline of an exchange, and why it was broken off. */
class Watch {
  failure: WebError | undefined;
  readonly #ended = new AbortController();
  readonly #request: ClientRequest;
  #timer: NodeJS.Timeout | undefined;

  constructor(request: ClientRequest, connectTimeoutMs: number) {
    this.#request = request;
    this.expect('connect-timeout', connectTimeoutMs);
    request.on('error', () => undefined);
    request.once('close', () => this.#ended.abort());
  }

  /** Aborted when the exchange is over. */
  get ended(): AbortSignal {
    return this.#ended.signal;
  }

  /** Something must happen within this time. */
  expect(reason: WebCause, waitedMs: number): void {
    this.stop();
    this.#timer = setTimeout(() => this.fail(new WebError(reason, { waitedMs })), waitedMs);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  fail(error: WebError): void {
    this.failure ??= error;
    this.#request.destroy(error);
  }
}

/** The whole body as text. @throws WebError `protocol-violation` above `limit` bytes */
export async function textOfBody(response: WebResponse, limit: number): Promise<string> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of response.body) {
    parts.push(part);
    length += part.length;
    if (length > limit) {
      response.close();
      throw new WebError('protocol-violation', { what: 'response-length' });
    }
  }
  return Buffer.concat(parts).toString('utf8');
}

function toWebError(error: unknown): unknown {
  if (error instanceof WebError || !(error instanceof Error)) return error;
  if (error instanceof DimseError) return new WebError('instance-broken', error.facts);
  const { reason, facts } = socketError(error);
  if (/^HPE_/.test('code' in error ? String(error.code) : '')) return new WebError('protocol-violation', facts);
  return new WebError(reason as WebCause, facts);
}

import { setTimeout as delay } from 'node:timers/promises';
import { Authorizer } from './authorize.ts';
import { WebError } from './errors.ts';
import { Http } from './http.ts';
import type { WebRequest, WebResponse } from './http.ts';
import type { WebPeer, WebService } from './types.ts';

const MAX_RETRIES = 4;
/** First pause before another attempt where the server names none; it doubles each time. In ms. */
const FIRST_PAUSE_MS = 500;
/** Longest pause that a server may ask for, in ms. */
const MAX_PAUSE_MS = 120_000;

/** Stops a request, and lets it wait. */
export interface RequestOptions {
  readonly signal?: AbortSignal;
  /** Awaited before a request goes out, also one that is made again. */
  readonly turn?: () => Promise<void>;
}

/** A DICOMweb server: requests with authorization, made again when the server asks for patience. */
export class WebClient implements Disposable {
  readonly #peer: WebPeer;
  readonly #http: Http;
  readonly #authorizer: Authorizer;

  constructor(peer: WebPeer) {
    this.#peer = peer;
    this.#http = new Http(peer);
    this.#authorizer = new Authorizer(this.#http, peer.authorization);
  }

  /** Closes the connections that are kept. */
  [Symbol.dispose](): void {
    this.#http.close();
  }

  /** The address of a resource of a service. */
  url(service: WebService, path: string, query: Readonly<Record<string, string>> | URLSearchParams = {}): string {
    const search = new URLSearchParams(query).toString();
    const { url, prefixes } = this.#peer;
    const prefix = prefixes?.[service] ? `/${prefixes[service]}` : '';
    return `${url.replace(/\/+$/, '')}${prefix}${path}${search === '' ? '' : `?${search}`}`;
  }

  /**
   * Makes a request. 429 and 503 are waited out as the server asks (Retry-After, RFC 9110 §10.2.3).
   * @param accepted - status codes that are an answer; all others are errors.
   * @throws WebError `status-failure` and `refused-out-of-resources` with `httpStatus` in `facts`, and what `Http.exchange` throws
   */
  async request(
    request: WebRequest,
    accepted: readonly number[],
    { signal, turn }: RequestOptions = {},
  ): Promise<WebResponse> {
    let renewed = false;
    for (let attempt = 0; ;) {
      const headers = { ...request.headers, ...(await this.#authorizer.header(signal)) };
      await turn?.();
      const response = await this.#http.exchange({ ...request, headers }, signal);
      const { status } = response;
      if (accepted.includes(status)) return response;
      response.close();
      if (status === 401 && !renewed && this.#authorizer.renew()) {
        renewed = true;
        continue;
      }
      const busy = status === 429 || status === 503;
      if (!busy) throw new WebError('status-failure', { httpStatus: status });
      if (attempt >= (this.#peer.maxRetries ?? MAX_RETRIES)) {
        throw new WebError('refused-out-of-resources', { httpStatus: status });
      }
      await pause(retryAfter(response) ?? FIRST_PAUSE_MS * 2 ** attempt, signal);
      attempt += 1;
    }
  }
}

/** Seconds or a date, as ms from now. */
function retryAfter({ headers }: WebResponse): number | undefined {
  const text = headers['retry-after'];
  if (text === undefined) return undefined;
  const ms = /^\d+$/.test(text) ? Number(text) * 1_000 : Date.parse(text) - Date.now();
  return Number.isNaN(ms) ? undefined : Math.max(0, ms);
}

async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  await delay(Math.min(ms, MAX_PAUSE_MS), undefined, { signal }).catch(() => {
    throw new WebError('canceled');
  });
}

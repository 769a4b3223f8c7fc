import { WebError } from './errors.ts';
import { textOfBody } from './http.ts';
import type { Http } from './http.ts';
import type { Authorization } from './types.ts';

/** A token is given up so long before it expires, in ms. */
const EARLY_MS = 30_000;
/** For tokens that do not say when they expire, in ms. */
const DEFAULT_LIFE_MS = 300_000;
const MAX_ANSWER_LENGTH = 256 * 1024;

/** Gives the header that lets us in, and renews what has expired. */
export class Authorizer {
  readonly #http: Http;
  readonly #authorization: Authorization | undefined;
  #token: { readonly value: Promise<string>; readonly until: Promise<number> } | undefined;

  constructor(http: Http, authorization: Authorization | undefined) {
    this.#http = http;
    this.#authorization = authorization;
  }

  /** Forgets what the server did not accept. @returns whether another attempt may help */
  renew(): boolean {
    const had = this.#token !== undefined;
    this.#token = undefined;
    return had;
  }

  /** @throws WebError when no token can be had */
  async header(signal: AbortSignal | undefined): Promise<Record<string, string>> {
    const authorization = this.#authorization;
    switch (authorization?.kind) {
      case undefined:
        return {};
      case 'basic':
        return { authorization: `Basic ${base64(`${authorization.username}:${authorization.password}`)}` };
      case 'bearer':
        return { authorization: `Bearer ${authorization.token}` };
      case 'header':
        return { [authorization.name]: authorization.value };
      case 'client-credentials':
        return { authorization: `Bearer ${await this.#current(authorization, signal)}` };
    }
  }

  async #current(credentials: ClientCredentials, signal: AbortSignal | undefined): Promise<string> {
    if (this.#token && (await this.#token.until) > Date.now()) return this.#token.value;
    const asked = askForToken(this.#http, credentials, signal);
    const token = { value: asked.then(({ token: value }) => value), until: asked.then(({ until }) => until) };
    this.#token = token;
    try {
      await token.until;
      return await token.value;
    } catch (error) {
      this.#token = undefined;
      token.value.catch(() => undefined);
      throw error;
    }
  }
}

type ClientCredentials = Extract<Authorization, { kind: 'client-credentials' }>;

async function askForToken(
  http: Http,
  { tokenUrl, clientId, clientSecret, scope }: ClientCredentials,
  signal: AbortSignal | undefined,
): Promise<{ token: string; until: number }> {
  const form = new URLSearchParams({ grant_type: 'client_credentials', ...(scope !== undefined && { scope }) });
  const bytes = Buffer.from(form.toString());
  const credentials = base64(`${encodeURIComponent(clientId)}:${encodeURIComponent(clientSecret)}`);
  const headers = {
    authorization: `Basic ${credentials}`,
    'content-type': 'application/x-www-form-urlencoded',
    'content-length': bytes.length,
    accept: 'application/json',
  };
  const body = async function* () {
    yield bytes;
  };
  const response = await http.exchange({ method: 'POST', url: tokenUrl, headers, body }, signal);
  const text = await textOfBody(response, MAX_ANSWER_LENGTH);
  if (response.status !== 200) throw new WebError('status-failure', { httpStatus: response.status, what: 'token' });
  const { access_token: token, expires_in: seconds } = parse(text);
  if (typeof token !== 'string') throw new WebError('protocol-violation', { what: 'token' });
  const life = typeof seconds === 'number' ? seconds * 1_000 - EARLY_MS : DEFAULT_LIFE_MS;
  return { token, until: Date.now() + life };
}

function parse(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}

import { createClient, type Problem, type ViaductClient } from '@viaduct/client';
import { error, redirect, type RequestEvent } from '@sveltejs/kit';
import { faults } from '../words/frame.ts';

/** Where the API is reached from here; people reach the same one through its public port. */
const API = process.env['VIADUCT_API'] ?? 'http://127.0.0.1:4280';

/** Answers of a server that cannot be reached look like its other errors: a problem of status 503. */
const reach: typeof fetch = async (input, init) => {
  try {
    return await fetch(input, init);
  } catch (reason) {
    if (reason instanceof DOMException && reason.name === 'AbortError') throw reason;
    const problem: Problem = { type: 'about:blank', title: faults.apiDown, status: 503, detail: faults.apiDownTodo };
    return Response.json(problem, { status: 503, headers: { 'content-type': 'application/problem+json' } });
  }
};

/** The headers that say on whose behalf we ask: the browser's cookie, its address and our own origin. */
function onBehalfOf(event: RequestEvent): Record<string, string> {
  return {
    cookie: event.request.headers.get('cookie') ?? '',
    origin: event.url.origin,
    'user-agent': event.request.headers.get('user-agent') ?? '',
    'x-forwarded-for': event.request.headers.get('x-forwarded-for') ?? event.getClientAddress(),
    'x-forwarded-host': event.url.host,
    'x-forwarded-proto': event.url.protocol.slice(0, -1),
  };
}

/** The typed API, asked as the person whose request this is. */
export function api(event: RequestEvent): ViaductClient {
  return createClient({ baseUrl: API, fetch: reach, headers: onBehalfOf(event) });
}

/** A request to the authentication routes, which the typed client does not cover. `body` is sent as JSON. */
export function askAuth(event: RequestEvent, path: string, body: unknown): Promise<Response> {
  return reach(`${API}/api/auth${path}`, {
    method: 'POST',
    headers: { ...onBehalfOf(event), 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
}

/** Hands cookies that the API sets through to the browser, byte by byte as they came. */
export function passCookies(event: RequestEvent, answer: Response): void {
  for (const line of answer.headers.getSetCookie()) {
    const [pair = '', ...attributes] = line.split(';').map((part) => part.trim());
    const at = pair.indexOf('=');
    if (at < 1) continue;
    const given = new Map(
      attributes.map((attribute) => {
        const [name = '', value = ''] = attribute.split('=');
        return [name.toLowerCase(), value] as const;
      }),
    );
    const maxAge = given.get('max-age');
    const sameSite = given.get('samesite')?.toLowerCase();
    event.cookies.set(pair.slice(0, at), pair.slice(at + 1), {
      path: given.get('path') ?? '/',
      httpOnly: given.has('httponly'),
      secure: given.has('secure'),
      sameSite: sameSite === 'strict' || sameSite === 'none' ? sameSite : 'lax',
      ...(maxAge === undefined ? {} : { maxAge: Number(maxAge) }),
      encode: (value) => value,
    });
  }
}

interface Answered<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/** The problem of an answer, in the API's words, or undefined when there is none. */
export function problemOf(answered: Answered<unknown>): Problem | undefined {
  const { ok, status, headers } = answered.response;
  if (ok) return undefined;
  const given = answered.error as Partial<Problem> | undefined;
  if (status !== 500 && given?.title && given.detail)
    return {
      type: given.type ?? 'about:blank',
      title: given.title,
      status,
      detail: given.detail,
      ...(given.errors && { errors: given.errors }),
    };
  // The log of the API has what went wrong under the number of the request.
  const number = headers.get('x-request-id')?.slice(0, 8);
  const detail = number ? faults.unexpectedNumber(number) : faults.unexpectedTodo;
  return { type: 'about:blank', title: faults.unexpected, status, detail };
}

/** The data of an answer; anything else becomes the error page, and a lost session the sign-in. */
export function must<T>(answered: Answered<T>): T {
  const problem = problemOf(answered);
  if (!problem && answered.data !== undefined) return answered.data;
  const status = problem?.status ?? 502;
  if (status === 401) redirect(303, '/sign-in');
  if (status === 404) error(404, { message: faults.notFound, todo: faults.notFoundTodo });
  if (status === 403) error(403, { message: faults.forbidden, todo: faults.forbiddenTodo });
  if (status === 400 || status === 422) error(status, { message: faults.badAddress, todo: faults.badAddressTodo });
  if (status === 503) error(503, { message: faults.apiDown, todo: faults.apiDownTodo });
  error(status >= 400 ? status : 502, { message: problem?.title ?? faults.unexpected, todo: problem?.detail });
}

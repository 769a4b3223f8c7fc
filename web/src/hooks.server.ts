import { error, redirect, type RequestEvent } from '@sveltejs/kit';
import type { Handle, HandleServerError } from '@sveltejs/kit/hooks';
import { api, problemOf } from '#lib/server/api.ts';
import type { Session } from '#lib/types.ts';
import { faults } from '#lib/words/frame.ts';

const OPEN = new Set(['/sign-in']);
const PASSWORD = '/password';
const SIGN_OUT = '/sign-out';

async function sessionOf(event: RequestEvent): Promise<Session | null> {
  if (!event.request.headers.has('cookie')) return null;
  const answered = await api(event).GET('/api/v1/session');
  const problem = problemOf(answered);
  if (problem?.status === 401) return null;
  if (problem?.status === 503) error(503, { message: faults.apiDown, todo: faults.apiDownTodo });
  if (problem) error(problem.status, { message: problem.title, todo: problem.detail });
  return answered.data ?? null;
}

/** Nobody sees a page without a session, and nobody goes on with a one-time password. */
export const handle: Handle = async ({ event, resolve }) => {
  const { pathname, search } = event.url;
  event.locals.session = null;
  if (event.route.id !== null) {
    event.locals.session = await sessionOf(event);
    const signedIn = event.locals.session;
    if (!signedIn && !OPEN.has(pathname)) {
      const next = pathname === '/' || pathname === SIGN_OUT ? '' : `?next=${encodeURIComponent(pathname + search)}`;
      redirect(303, `/sign-in${next}`);
    }
    if (signedIn?.user.mustChangePassword && pathname !== PASSWORD && pathname !== SIGN_OUT) redirect(303, PASSWORD);
    if (signedIn && !signedIn.user.mustChangePassword && OPEN.has(pathname)) redirect(303, '/');
  }
  const response = await resolve(event);
  response.headers.set('x-content-type-options', 'nosniff');
  response.headers.set('referrer-policy', 'same-origin');
  response.headers.set('cross-origin-opener-policy', 'same-origin');
  // Pages show patients: nothing of them is kept by caches.
  response.headers.set('cache-control', 'no-store');
  return response;
};

/** The log gets a number and the stack, people get the number. Errors that pages throw on purpose keep their words. */
export const handleError: HandleServerError = ({ error: reason, event, kind }) => {
  if (kind === 'app') return reason;
  if (kind === 'framework' && reason.status === 404)
    return { status: 404, message: faults.notFound, todo: faults.notFoundTodo };
  const number = crypto.randomUUID().slice(0, 8);
  const stack = reason instanceof Error ? (reason.stack ?? reason.name) : kind;
  console.error(JSON.stringify({ level: 'error', number, route: event.route.id, stack }));
  return { status: 500, message: faults.unexpected, todo: faults.unexpectedNumber(number) };
};

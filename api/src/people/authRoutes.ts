import Router from '@koa/router';
import { fromNodeHeaders } from 'better-auth/node';
import { bodyParser } from '@koa/bodyparser';
import { clientAddress } from '../http/clientAddress.ts';
import type { RequestState } from '../http/context.ts';
import { ApiProblem } from '../http/problems.ts';
import { CLIENT_ADDRESS, type Auth } from './auth.ts';

/** The only paths of better-auth that are open; everything else it has stays unreachable. */
const OPEN = [
  ['post', '/sign-in/username'],
  ['post', '/sign-out'],
  ['get', '/get-session'],
] as const;

/** Serves signing in and out below `/api/auth`; what goes wrong comes back as a problem. */
export function authRoutes(auth: Auth): Router<RequestState> {
  const router = new Router<RequestState>({ prefix: '/api/auth' });
  for (const [method, path] of OPEN) {
    router[method](path, bodyParser({ enableTypes: ['json'], jsonLimit: '10kb' }), async (ctx) => {
      ctx.state.route = `/api/auth${path}`;
      const headers = fromNodeHeaders(ctx.req.headers);
      headers.set(CLIENT_ADDRESS, clientAddress(ctx));
      headers.delete('content-length');
      const { body } = ctx.request as { body?: unknown };
      const answer = await auth.handler(
        new Request(new URL(ctx.path, ctx.origin), {
          method: ctx.method,
          headers,
          ...(method === 'post' && { body: JSON.stringify(body ?? {}) }),
        }),
      );
      if (!answer.ok) throw problemOf(answer);
      const cookies = answer.headers.getSetCookie();
      if (cookies.length > 0) ctx.set('set-cookie', cookies);
      ctx.status = answer.status;
      ctx.type = 'application/json';
      ctx.body = await answer.text();
    });
  }
  return router;
}

function problemOf(answer: Response): ApiProblem {
  if (answer.status === 429) {
    const seconds = answer.headers.get('x-retry-after') ?? '60';
    return new ApiProblem(429, `Too many attempts. Try again in ${seconds} s.`, {
      headers: { 'retry-after': seconds },
    });
  }
  if (answer.status >= 500) return new ApiProblem(500, 'Signing in does not work at the moment.');
  if (answer.status === 401) {
    return new ApiProblem(401, 'User name or password is wrong.', { name: 'wrong-credentials' });
  }
  return new ApiProblem(answer.status, 'This cannot be done.');
}

import { randomUUID } from 'node:crypto';
import { isHeld, isUnavailable } from '@viaduct/prisma';
import type { Middleware } from 'koa';
import type { Logger } from 'pino';
import type { RequestState } from './context.ts';
import { ApiProblem, problemBody } from './problems.ts';

/**
 * Outermost: gives each request an id, writes one log line when it has ended, and turns whatever is thrown into
 * a problem. The log has the template of the route only: neither paths, query strings nor bodies.
 */
export function envelope(log: Logger): Middleware<RequestState> {
  return async (ctx, next) => {
    const begun = performance.now();
    ctx.state.requestId = randomUUID();
    ctx.set('x-request-id', ctx.state.requestId);
    ctx.res.once('close', () => {
      log.info({
        requestId: ctx.state.requestId,
        method: ctx.method,
        route: ctx.state.route ?? '-',
        status: ctx.res.statusCode,
        ms: Math.round(performance.now() - begun),
        userId: ctx.state.userId,
      });
    });
    try {
      await next();
      if (ctx.status === 404 && ctx.body === undefined && ctx.respond !== false) {
        throw new ApiProblem(404, 'There is nothing at this address.');
      }
    } catch (error) {
      const problem = asProblem(error);
      if (problem.status >= 500)
        log.error({ requestId: ctx.state.requestId, route: ctx.state.route, error: nameOf(error) });
      ctx.status = problem.status;
      ctx.set(problem.extras.headers ?? {});
      ctx.body = JSON.stringify(problem.toBody());
      ctx.type = 'application/problem+json';
    }
  };
}

function asProblem(error: unknown): ApiProblem {
  if (error instanceof ApiProblem) return error;
  if (isHeld(error)) return away('Something else is being done with it just now. Try again in a moment.', 'busy');
  if (isUnavailable(error)) return away('The database cannot be reached now. Try again in a moment.', 'no-database');
  // koa and its body parser throw http-errors; only their status is told on.
  const status = (error as { status?: unknown }).status;
  if (status === 413) return new ApiProblem(413, 'The request is larger than allowed.');
  if (typeof status === 'number' && status >= 400 && status < 500) {
    return new ApiProblem(status, status === 400 ? 'The request cannot be read.' : problemBody(status, '').title);
  }
  return new ApiProblem(
    500,
    'Something went wrong in Viaduct. Its log has the details under the number of this request.',
  );
}

const away = (sentence: string, name: string) =>
  new ApiProblem(503, sentence, { name, headers: { 'retry-after': '5' } });

/** Enough to find the place, without the message: a database error may quote values. */
function nameOf(error: unknown): object {
  if (!(error instanceof Error)) return { name: typeof error };
  const code = (error as { code?: unknown }).code;
  const frames = error.stack?.split('\n').filter((line) => line.trimStart().startsWith('at '));
  return { name: error.name, code, at: frames?.slice(0, 8).map((line) => line.trim()) };
}

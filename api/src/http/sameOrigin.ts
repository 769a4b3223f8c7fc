import type { Middleware } from 'koa';
import type { RequestState } from './context.ts';
import { ApiProblem } from './problems.ts';

const SAFE = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Protection against requests forged by other sites: an unsafe method that carries cookies must come from our own
 * origin. A foreign page cannot set `Origin`, `Sec-Fetch-Site` or `X-Forwarded-Host` itself.
 */
export function requireSameOrigin(origin: string): Middleware<RequestState> {
  return async (ctx, next) => {
    if (!SAFE.has(ctx.method) && ctx.get('cookie') !== '' && !isSameOrigin(ctx, origin)) {
      throw new ApiProblem(403, 'The request does not come from Viaduct’s own pages.', { name: 'foreign-origin' });
    }
    await next();
  };
}

function isSameOrigin(ctx: { get(name: string): string }, own: string): boolean {
  const site = ctx.get('sec-fetch-site');
  if (site !== '') return site === 'same-origin' || site === 'none';
  const origin = ctx.get('origin');
  if (origin === own) return true;
  if (!URL.canParse(origin)) return false;
  return [ctx.get('host'), ctx.get('x-forwarded-host')].includes(new URL(origin).host);
}

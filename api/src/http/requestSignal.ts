import type { RequestContext } from './context.ts';

/** Aborted when the client has gone before it got its answer. */
export function requestSignal(ctx: RequestContext): AbortSignal {
  const gone = new AbortController();
  ctx.res.once('close', () => gone.abort());
  return gone.signal;
}

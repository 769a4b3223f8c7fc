import type { RequestContext } from './context.ts';

const LOOPBACK = new Set(['127.0.0.1', '::1', '::ffff:127.0.0.1']);

/**
 * The address a request comes from. What a proxy on this machine (our pages among them) says about it is believed;
 * only the last entry, since those before it come from the client.
 */
export function clientAddress(ctx: Pick<RequestContext, 'req'>): string {
  const remote = ctx.req.socket.remoteAddress ?? '';
  if (!LOOPBACK.has(remote)) return remote;
  const forwarded = ctx.req.headers['x-forwarded-for'];
  const last = (Array.isArray(forwarded) ? forwarded.join(',') : forwarded)?.split(',').at(-1)?.trim();
  return last || remote;
}

import { may } from '@viaduct/domain';
import type { Database } from '@viaduct/prisma';
import type { RequestContext, SignedIn } from '../http/context.ts';
import { openEventStream, type EventStream } from '../http/eventStream.ts';
import type { Authenticate } from '../http/mount.ts';
import { ApiProblem } from '../http/problems.ts';
import { route, type Route } from '../http/route.ts';
import { demandJob } from '../jobs/access.ts';
import type { InputOf } from '../operations/operation.ts';
import { streamEvents } from '../operations/system.ts';
import type { Live, Reader } from './live.ts';

/** How often the right to read an open stream is asked for again, ms. */
const RECHECK_MS = 60_000;

/** What the stream of live events needs. */
export interface EventOptions {
  readonly client: Database['client'];
  readonly live: Live;
  readonly authenticate: Authenticate;
  readonly closing: AbortSignal;
}

/** The stream of live events. */
export function eventRoutes({ client, live, authenticate, closing }: EventOptions): Route[] {
  return [
    route(streamEvents, async ({ actor, query, headers, ctx }) => {
      if (query.job) await demandJob(client, actor, query.job);
      const what = followed(actor, query);
      const stream = openEventStream(ctx, closing);
      recheck(ctx, actor, stream, authenticate);
      const last = headers['last-event-id'];
      const lastSeq = last && /^\d{1,15}$/.test(last) ? Number(last) : undefined;
      // The response has begun: whoever cannot be told how things are shall come again.
      live.follow({ actor, stream, lastSeq, what }).catch(() => stream.end());
      return undefined;
    }),
  ];
}

function followed(actor: SignedIn, query: InputOf<typeof streamEvents>['query']): Reader['what'] {
  if (query.job) return { jobId: query.job, taskNos: query.task };
  const topics = query.topic ?? ['jobs', 'nodes'];
  if (topics.includes('queue') && !may(actor, 'operate')) {
    throw new ApiProblem(403, 'You do not have the permission: operate.');
  }
  return { topics, onPage: query.row };
}

/** Ends the stream when its reader has signed out, or is somebody else by now. */
function recheck(ctx: RequestContext, actor: SignedIn, stream: EventStream, authenticate: Authenticate): void {
  const timer = setInterval(() => {
    authenticate(ctx).then(
      (now) => {
        if (now?.userId !== actor.userId || now.role !== actor.role) stream.end();
      },
      () => stream.end(),
    );
  }, RECHECK_MS);
  stream.signal.addEventListener('abort', () => clearInterval(timer), { once: true });
}

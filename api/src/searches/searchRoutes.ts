import type { Database } from '@viaduct/prisma';
import type { SignedIn } from '../http/context.ts';
import { openEventStream } from '../http/eventStream.ts';
import { ApiProblem, invalid, notFound } from '../http/problems.ts';
import { requestSignal } from '../http/requestSignal.ts';
import { route, type Route } from '../http/route.ts';
import { createSearch, getSearch, listSeries, stopSearch, streamSearch } from '../operations/searches.ts';
import type { Searches } from './searches.ts';
import type { StudySource } from './studySource.ts';

/** What the routes of searches need. */
export interface SearchOptions {
  readonly client: Database['client'];
  readonly searches: Searches;
  readonly source: StudySource;
  /** Aborted when the process ends. */
  readonly closing: AbortSignal;
}

/** Searching servers for studies, and the series of a study. */
export function searchRoutes({ client, searches, source, closing }: SearchOptions): Route[] {
  const own = (actor: SignedIn, id: string) => {
    const search = searches.get(actor.sessionId, id);
    if (!search) throw notFound('search');
    return search;
  };
  /** Only servers that may be a source, and are not suspended, are asked. */
  const refuseSources = async (ids: readonly string[]) => {
    const nodes = await client.node.findMany({ where: { id: { in: [...ids] }, kind: 'server', maySource: true } });
    const known = new Map(nodes.map((node) => [node.id, node]));
    for (const [index, id] of ids.entries()) {
      const node = known.get(id);
      if (!node) throw invalid(`sourceIds.${index}`, 'There is no such source.');
      if (node.suspended) throw invalid(`sourceIds.${index}`, `${node.name} is suspended.`);
    }
  };

  return [
    route(createSearch, async ({ actor, body }) => {
      await refuseSources(body.sourceIds);
      return { id: searches.start(actor.sessionId, body).id };
    }),

    route(getSearch, async ({ actor, params, query, ctx }) => {
      const search = own(actor, params.id);
      if (query.wait > 0) await search.ended(query.wait, requestSignal(ctx));
      return search.snapshot();
    }),

    route(streamSearch, async ({ actor, params, ctx }) => {
      const search = own(actor, params.id);
      const stream = openEventStream(ctx, closing);
      const stop = search.follow({
        study: (study) => stream.send('study', study),
        source: (state) => stream.send('source', state),
        done: (done) => {
          stream.send('done', done);
          stream.end();
        },
      });
      stream.signal.addEventListener('abort', stop, { once: true });
      return undefined;
    }),

    route(stopSearch, async ({ actor, params }) => {
      own(actor, params.id).end('stopped');
      return undefined;
    }),

    route(listSeries, async ({ params, ctx }) => {
      await refuseSources([params.nodeId]).catch(() => Promise.reject(notFound('source')));
      try {
        return {
          items: await source.findSeries(params.nodeId, params.studyInstanceUid, { signal: requestSignal(ctx) }),
        };
      } catch (error) {
        throw new ApiProblem(502, await source.sentence(params.nodeId, error), { name: 'source-failed' });
      }
    }),
  ];
}

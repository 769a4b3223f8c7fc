import type { Database } from '@viaduct/prisma';
import { route, type Route } from '../http/route.ts';
import { openApiDocument } from '../openapi.ts';
import { getDocument, getHealth, getReadiness } from '../operations/system.ts';
import type { Engine } from '../temporal/engine.ts';
import { readReadiness } from './readiness.ts';

/** Health, readiness and the document of the API. */
export function systemRoutes(database: Database, engine: Engine, version: string): Route[] {
  const document = openApiDocument();
  return [
    route(getHealth, async () => ({ ok: true as const, version })),
    route(getReadiness, async ({ ctx }) => {
      const readiness = await readReadiness(database, engine);
      if (!readiness.ok) ctx.status = 503;
      return readiness;
    }),
    route(getDocument, async () => document),
  ];
}

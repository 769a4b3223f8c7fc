import { may } from '@viaduct/domain';
import type { Database } from '@viaduct/prisma';
import { ApiProblem } from '../http/problems.ts';
import { route, type Route } from '../http/route.ts';
import { decideHeldImage, getHeldImage, listHeldImages } from '../operations/review.ts';
import { decide } from './decide.ts';
import { countHeld, demandHeld, pictureOf, readHeld, viewsOf } from './heldImages.ts';

/** The review queue: images that may show who the patient is. */
export function reviewRoutes(database: Database, masterKey: Uint8Array): Route[] {
  const { client } = database;
  return [
    route(listHeldImages, async ({ actor, query: { limit, cursor } }) => {
      const [{ images: total }, items] = await Promise.all([
        countHeld(client, actor),
        readHeld(database, actor, { limit, after: Number(cursor) || 0 }),
      ]);
      const last = items.at(-1);
      return { items, total, nextCursor: last && items.length === limit ? String(last.id) : null };
    }),
    route(getHeldImage, async ({ actor, params }) => {
      const row = await demandHeld(client, actor, params.id);
      const [view] = await viewsOf(database, [row]);
      if (!view) throw new Error('no row');
      return { ...view, png: pictureOf(row, masterKey) };
    }),
    route(decideHeldImage, async ({ actor, params, body }) => {
      if (body.remember && !may(actor, 'manage-projects')) {
        throw new ApiProblem(403, 'You do not have the permission: manage-projects.');
      }
      return decide(database, actor, await demandHeld(client, actor, params.id), body);
    }),
  ];
}

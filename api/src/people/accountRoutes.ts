import type { PrismaClient } from '@viaduct/prisma';
import { notFound } from '../http/problems.ts';
import { route, type Route } from '../http/route.ts';
import { endOtherSignIns, endSignIn, listSignIns, updateAccount } from '../operations/account.ts';
import { sessionView } from './sessionRoutes.ts';

/** The own name, and the places where the person is signed in. A session that is deleted is worth nothing any more. */
export function accountRoutes(client: PrismaClient): Route[] {
  return [
    route(updateAccount, async ({ actor, body }) => {
      await client.user.update({ where: { id: actor.userId }, data: body });
      return sessionView({ ...actor, ...body });
    }),

    route(listSignIns, async ({ actor }) => {
      const rows = await client.session.findMany({
        where: { userId: actor.userId, expiresAt: { gt: new Date() } },
        orderBy: { updatedAt: 'desc' },
      });
      const items = rows.map((row) => ({
        id: row.id,
        current: row.id === actor.sessionId,
        address: row.ipAddress,
        browser: row.userAgent,
        createdAt: row.createdAt.toISOString(),
        lastUsedAt: row.updatedAt.toISOString(),
        expiresAt: row.expiresAt.toISOString(),
      }));
      return { items };
    }),

    route(endSignIn, async ({ actor, params }) => {
      const { count } = await client.session.deleteMany({ where: { id: params.signIn, userId: actor.userId } });
      if (count === 0) throw notFound('sign-in');
      return undefined;
    }),

    route(endOtherSignIns, async ({ actor }) => {
      await client.session.deleteMany({ where: { userId: actor.userId, id: { not: actor.sessionId } } });
      return undefined;
    }),
  ];
}

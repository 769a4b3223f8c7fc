import { may, PERMISSIONS } from '@viaduct/domain';
import type { PrismaClient } from '@viaduct/prisma';
import { fromNodeHeaders } from 'better-auth/node';
import { APIError } from 'better-auth/api';
import type { SignedIn } from '../http/context.ts';
import { invalid } from '../http/problems.ts';
import { route, type Route } from '../http/route.ts';
import { changePassword, getSession } from '../operations/session.ts';
import type { SessionView } from '../schemas/session.ts';
import type { Auth } from './auth.ts';

/** Who is signed in, and the change of the own password. */
export function sessionRoutes(auth: Auth, client: PrismaClient): Route[] {
  return [
    route(getSession, async ({ actor }) => sessionView(actor)),

    route(changePassword, async ({ actor, body, ctx }) => {
      if (body.currentPassword === body.newPassword) {
        throw invalid('newPassword', 'The new password has to differ from the current one.');
      }
      try {
        await auth.api.changePassword({ body, headers: fromNodeHeaders(ctx.req.headers) });
      } catch (error) {
        if (error instanceof APIError && error.statusCode < 500) {
          throw invalid('currentPassword', 'The current password is wrong.');
        }
        throw error;
      }
      await client.$transaction([
        client.user.update({ where: { id: actor.userId }, data: { mustChangePassword: false } }),
        client.session.deleteMany({ where: { userId: actor.userId, id: { not: actor.sessionId } } }),
      ]);
      return undefined;
    }),
  ];
}

/** The person with what they may do. */
export function sessionView(actor: SignedIn): SessionView {
  return {
    user: {
      id: actor.userId,
      name: actor.name,
      username: actor.username,
      email: actor.email,
      role: actor.role,
      mustChangePassword: actor.mustChangePassword,
    },
    permissions: PERMISSIONS.filter((permission) => may(actor, permission)),
  };
}

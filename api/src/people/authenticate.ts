import { ROLES, type Role } from '@viaduct/domain';
import { fromNodeHeaders } from 'better-auth/node';
import type { Authenticate } from '../http/mount.ts';
import type { Auth } from './auth.ts';

const isRole = (text: unknown): text is Role => (ROLES as readonly unknown[]).includes(text);

/** Reads the person from the session cookie. An unknown role or a banned account counts as nobody. */
export function authenticateBy(auth: Auth): Authenticate {
  return async (ctx) => {
    if (ctx.get('cookie') === '') return undefined;
    const found = await auth.api.getSession({ headers: fromNodeHeaders(ctx.req.headers) });
    if (!found) return undefined;
    const { user, session } = found;
    if (!isRole(user.role) || user.banned) return undefined;
    return {
      userId: user.id,
      role: user.role,
      name: user.name,
      username: user.username ?? user.email,
      email: user.email,
      mustChangePassword: user.mustChangePassword,
      sessionId: session.id,
    };
  };
}

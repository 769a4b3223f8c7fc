import { ROLES, type Role } from '@viaduct/domain';
import { fromNodeHeaders } from 'better-auth/node';
import type { SignedIn } from '../http/context.ts';
import type { Authenticate } from '../http/mount.ts';
import type { Auth } from './auth.ts';

const isRole = (text: unknown): text is Role => (ROLES as readonly unknown[]).includes(text);

/**
 * Reads the person from the session cookie. An unknown role or a banned account counts as nobody. A page asks several
 * things at once: what comes with the same cookie while it is looked up shares the answer, and nothing is kept after.
 */
export function authenticateBy(auth: Auth): Authenticate {
  const underWay = new Map<string, Promise<SignedIn | undefined>>();
  return (ctx) => {
    const cookie = ctx.get('cookie');
    if (cookie === '') return Promise.resolve(undefined);
    const asked = underWay.get(cookie);
    if (asked) return asked;
    const answer = personOf(auth, fromNodeHeaders(ctx.req.headers)).finally(() => underWay.delete(cookie));
    underWay.set(cookie, answer);
    return answer;
  };
}

async function personOf(auth: Auth, headers: Headers): Promise<SignedIn | undefined> {
  const found = await auth.api.getSession({ headers });
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
}

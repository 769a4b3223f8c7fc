import type { PrismaClient } from '@viaduct/prisma';
import { betterAuth } from 'better-auth';
import { prismaAdapter } from 'better-auth/adapters/prisma';
import { admin, username } from 'better-auth/plugins';
import { adminAc, userAc } from 'better-auth/plugins/admin/access';

/** Header that carries the address of the client to the rate limit; set by us alone. */
export const CLIENT_ADDRESS = 'x-viaduct-client';

/** What authentication needs. */
export interface AuthOptions {
  readonly client: PrismaClient;
  readonly origin: string;
  /** Signs the session cookies; at least 32 characters. */
  readonly secret: string;
  /** Sign-ins that one address may try in a minute. */
  readonly signInsPerMinute?: number;
}

/** Sessions, passwords and the sign-in of people: better-auth on our own tables. */
export function createAuth({ client, origin, secret, signInsPerMinute = 20 }: AuthOptions) {
  return betterAuth({
    baseURL: origin,
    basePath: '/api/auth',
    secret,
    telemetry: { enabled: false },
    logger: { disabled: true },
    database: prismaAdapter(client, { provider: 'postgresql', transaction: true }),
    emailAndPassword: { enabled: true, disableSignUp: true, minPasswordLength: 12, maxPasswordLength: 128 },
    user: { additionalFields: { mustChangePassword: { type: 'boolean', defaultValue: false, input: false } } },
    session: { expiresIn: 12 * 3600, updateAge: 3600 },
    rateLimit: {
      enabled: true,
      window: 60,
      max: 1_000,
      customRules: { '/sign-in/username': { window: 60, max: signInsPerMinute } },
    },
    // Requests have passed our own check of their origin before they come here.
    trustedOrigins: (request) => [request?.headers.get('origin') ?? origin],
    advanced: {
      cookiePrefix: 'viaduct',
      useSecureCookies: origin.startsWith('https:'),
      defaultCookieAttributes: { httpOnly: true, sameSite: 'lax', path: '/' },
      ipAddress: { ipAddressHeaders: [CLIENT_ADDRESS] },
    },
    plugins: [
      username(),
      admin({
        defaultRole: 'researcher',
        adminRoles: ['administrator'],
        roles: { administrator: adminAc, operator: userAc, researcher: userAc },
      }),
    ],
  });
}

export type Auth = ReturnType<typeof createAuth>;

import { PERMISSIONS, ROLES } from '@viaduct/domain';
import { z } from 'zod';
import { moment } from './common.ts';

/** The person who is signed in. */
export const session = z
  .object({
    user: z.object({
      id: z.string(),
      name: z.string(),
      username: z.string(),
      email: z.string(),
      role: z.enum(ROLES),
      mustChangePassword: z.boolean(),
    }),
    permissions: z.array(z.enum(PERMISSIONS)),
  })
  .meta({ id: 'Session' });
export type SessionView = z.infer<typeof session>;

export const passwordChange = z
  .strictObject({ currentPassword: z.string().min(1).max(128), newPassword: z.string().min(12).max(128) })
  .meta({ id: 'PasswordChange' });

/** What people change about themselves. */
export const accountPatch = z.strictObject({ name: z.string().trim().min(1).max(100) }).meta({ id: 'AccountPatch' });

/** A place where the person is signed in. */
export const signIn = z
  .object({
    id: z.string(),
    current: z.boolean().meta({ description: 'The one that asks' }),
    address: z.string().nullable(),
    browser: z.string().nullable().meta({ description: 'User agent' }),
    createdAt: moment,
    lastUsedAt: moment,
    expiresAt: moment,
  })
  .meta({ id: 'SignIn' });

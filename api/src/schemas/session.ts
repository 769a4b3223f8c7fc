import { PERMISSIONS, ROLES } from '@viaduct/domain';
import { z } from 'zod';

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

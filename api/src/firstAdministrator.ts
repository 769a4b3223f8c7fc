import { randomBytes, randomUUID } from 'node:crypto';
import type { PrismaClient } from '@viaduct/prisma';
import { hashPassword } from 'better-auth/crypto';

/** Name of the account that exists before anyone has made one. */
export const FIRST_ADMINISTRATOR = 'admin';

/** What has to be told to the person who starts Viaduct for the first time, once and nowhere else. */
export interface FirstAdministrator {
  readonly username: string;
  readonly password: string;
}

/**
 * Makes the first administrator when nobody exists yet. As long as the one-time password has not been changed, each
 * start gives a new one, so that one that nobody has seen is not lost for good. Otherwise undefined.
 */
export async function ensureFirstAdministrator(client: PrismaClient): Promise<FirstAdministrator | undefined> {
  const people = await client.user.findMany({
    take: 2,
    select: { id: true, username: true, mustChangePassword: true },
  });
  const [only] = people;
  const unused = people.length === 1 && only?.username === FIRST_ADMINISTRATOR && only.mustChangePassword;
  if (people.length > 0 && !unused) return undefined;

  const password = randomBytes(15).toString('base64url');
  const hash = await hashPassword(password);
  if (only) {
    await client.account.updateMany({ where: { userId: only.id, providerId: 'credential' }, data: { password: hash } });
  } else if (!(await create(client, hash))) {
    return undefined;
  }
  return { username: FIRST_ADMINISTRATOR, password };
}

/** False when another process has been faster. */
async function create(client: PrismaClient, password: string): Promise<boolean> {
  const id = randomUUID();
  const administrator = {
    id,
    name: 'Administrator',
    email: 'admin@viaduct.invalid',
    emailVerified: true,
    username: FIRST_ADMINISTRATOR,
    displayUsername: FIRST_ADMINISTRATOR,
    role: 'administrator',
    mustChangePassword: true,
  };
  return client.$transaction(async (transaction) => {
    const { count } = await transaction.user.createMany({ data: [administrator], skipDuplicates: true });
    if (count === 0) return false;
    const account = { id: randomUUID(), accountId: id, providerId: 'credential', userId: id, password };
    await transaction.account.create({ data: account });
    return true;
  });
}

/**
 * Tells the process that started us that people may sign in, and hands it the one-time password if there is one; without
 * such a process the password goes to standard output. Never to the log.
 */
export function announce(administrator: FirstAdministrator | undefined): void {
  if (process.send) process.send({ event: 'people-ready', administrator });
  else if (administrator) process.stdout.write(`${JSON.stringify(administrator)}\n`);
}

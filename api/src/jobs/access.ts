import { may, mayActOnJob } from '@viaduct/domain';
import type { Database } from '@viaduct/prisma';
import type { SignedIn } from '../http/context.ts';
import { notFound } from '../http/problems.ts';

/** Throws 404 unless the job exists and the person may see and act on it. */
export async function demandJob(client: Database['client'], actor: SignedIn, id: string): Promise<void> {
  const job = await client.job.findUnique({ where: { id, deletedAt: null }, select: { ownerId: true } });
  if (!job || !mayActOnJob(actor, job)) throw notFound('job');
}

/** Restricts a list of jobs to those that exist and that the person may see. */
export const visibleJobs = (actor: SignedIn) => ({
  deletedAt: null,
  ...(may(actor, 'operate') ? {} : { ownerId: actor.userId }),
});

import type { MaskRule } from '@viaduct/deid';
import { ENDED_STATES } from '@viaduct/domain';
import { decideHeld, type Database, type Prisma } from '@viaduct/prisma';
import type { SignedIn } from '../http/context.ts';
import { ApiProblem } from '../http/problems.ts';
import { reviewedMessage } from '../jobs/messages.ts';
import { readProfile, profileIn, saveProfile } from '../profiles/profiles.ts';
import type { HeldDecisionInput } from '../schemas/review.ts';
import type { HeldRow } from './heldImages.ts';

interface Effect {
  readonly images: number;
  readonly profile: { readonly id: string; readonly name: string; readonly version: number } | null;
}

/**
 * Decides about a held image, and if that is asked about those that are alike, or all of its device in the project.
 * @throws ApiProblem 409 when what cannot be shown is approved
 */
export async function decide(
  database: Database,
  actor: SignedIn,
  row: HeldRow,
  { decision, rectangles, alike, remember }: HeldDecisionInput,
): Promise<Effect> {
  if (decision === 'approve' && row.sealedPicture === null) {
    throw new ApiProblem(409, 'This image cannot be shown: nobody can say what is in it. It can only be rejected.');
  }
  const device = row.device as MaskRule['device'];
  const profile = remember
    ? await rememberMask(database.client, actor, row.task.job.project.id, { device, rectangles })
    : null;
  const concerned = await readConcerned(database.client, row, { alike, remember });
  let images = 0;
  for (const [taskId, held] of Map.groupBy(concerned, (each) => each.taskId)) {
    const task = held[0]?.task;
    if (!task) throw new Error(`task ${taskId} is gone`);
    images += await decideHeld(
      database.pool,
      {
        jobId: task.jobId,
        taskNo: task.taskNo,
        sopInstanceUids: held.map(({ sopInstanceUid }) => sopInstanceUid),
        decision,
        rectangles,
        userId: actor.userId,
      },
      reviewedMessage,
    );
  }
  return { images, profile };
}

async function readConcerned(
  client: Database['client'],
  row: HeldRow,
  { alike, remember }: Pick<HeldDecisionInput, 'alike' | 'remember'>,
) {
  const where: Prisma.HeldImageWhereInput = remember
    ? { task: { state: { notIn: [...ENDED_STATES] }, job: { projectId: row.task.job.project.id } } }
    : { taskId: row.taskId };
  const which = alike || remember ? { device: { equals: row.device as Prisma.InputJsonValue } } : { id: row.id };
  return client.heldImage.findMany({
    where: { ...where, ...which, decision: null },
    select: { taskId: true, sopInstanceUid: true, task: { select: { jobId: true, taskNo: true } } },
  });
}

/** Puts a mask first into the profile of a project; of a built-in profile the project gets a copy of its own. */
async function rememberMask(
  client: Database['client'],
  { userId }: SignedIn,
  projectId: string,
  mask: MaskRule,
): Promise<Effect['profile']> {
  const project = await client.project.findUniqueOrThrow({ where: { id: projectId } });
  const { content, builtIn } = await readProfile(client, project.profileId);
  const before = profileIn(content);
  const copy = {
    id: `${before.id}-${project.number}`.slice(-40),
    name: `${before.name} for ${project.name}`,
    version: 0,
  };
  const pixels = { ...before.pixels, masks: [mask, ...before.pixels.masks] };
  const next = { ...before, ...(builtIn && copy), pixels };
  await saveProfile(client, next, userId);
  if (builtIn) await client.project.update({ where: { id: projectId }, data: { profileId: next.id } });
  return { id: next.id, name: next.name, version: next.version + 1 };
}

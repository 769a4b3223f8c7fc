import { createJob, type Database } from '@viaduct/prisma';
import type { SignedIn } from '../http/context.ts';
import { ApiProblem } from '../http/problems.ts';
import type { JobInput } from '../schemas/jobs.ts';
import { checkJob } from './checkJob.ts';
import { startMessage } from './messages.ts';

/** Presentation states and reports are mostly text: left out of what is pseudonymized unless it is asked for. */
const TELLING_MODALITIES = ['PR', 'SR'];

/**
 * Creates a job with its tasks, its first run and the message that starts it. The same key of the same person gives
 * the job that exists. Returns its id.
 */
export async function createSelectiveJob(
  database: Database,
  masterKey: Uint8Array,
  actor: SignedIn,
  idempotencyKey: string,
  input: JobInput,
): Promise<string> {
  const before = await findByKey(database, actor, idempotencyKey, input);
  if (before) return before;
  const { title, trialId, trialName, known } = await checkJob(database, masterKey, actor, input);
  const { destinationId, pseudonym = null, projectId, pseudonymize, urgent } = input;
  const { id, created } = await createJob(
    database.pool,
    {
      kind: input.kind,
      projectId,
      ownerId: actor.userId,
      idempotencyKey,
      title: input.title ?? title,
      pseudonymize,
      trialId: input.trialId ?? trialId,
      trialName: input.trialName ?? trialName,
      excludeModalities: input.excludeModalities ?? (pseudonymize ? TELLING_MODALITIES : []),
      urgent,
      schedule: input.schedule,
      tasks: input.studies.map((study, index) => ({ ...known[index], ...study, destinationId, pseudonym })),
    },
    (run) => startMessage(run, urgent),
  );
  if (!created) await findByKey(database, actor, idempotencyKey, input);
  return id;
}

/** The job that this key has made. 409 when that was visibly another request. */
async function findByKey(
  { client }: Database,
  actor: SignedIn,
  idempotencyKey: string,
  input: JobInput,
): Promise<string | undefined> {
  const job = await client.job.findUnique({
    where: { ownerId_idempotencyKey: { ownerId: actor.userId, idempotencyKey } },
    select: {
      id: true,
      projectId: true,
      pseudonymize: true,
      urgent: true,
      _count: { select: { tasks: true } },
      tasks: { take: 1, orderBy: { taskNo: 'asc' }, select: { destinationId: true, studyInstanceUid: true } },
    },
  });
  if (!job) return undefined;
  const [first] = job.tasks;
  const same =
    job.projectId === input.projectId &&
    job.pseudonymize === input.pseudonymize &&
    job.urgent === input.urgent &&
    job._count.tasks === input.studies.length &&
    first?.destinationId === input.destinationId &&
    first.studyInstanceUid === input.studies[0]?.studyInstanceUid;
  if (!same)
    throw new ApiProblem(
      409,
      'This was sent before with other choices. Look into the list of jobs, or load the page anew and start again.',
      { name: 'key-reused' },
    );
  return job.id;
}

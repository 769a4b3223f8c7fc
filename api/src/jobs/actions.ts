import { createRequest, deleteJob, forceEnd, RequestRefused, type Database, type NewRequest } from '@viaduct/prisma';
import type { SignedIn } from '../http/context.ts';
import { ApiProblem } from '../http/problems.ts';
import type { ActionInput, RequestView } from '../schemas/actions.ts';
import { demandJob } from './access.ts';
import { forbidden } from './allowed.ts';
import { requestMessage, terminateMessage } from './messages.ts';
import { readRequest } from './requestView.ts';
import { whyNot } from './whyNot.ts';

/**
 * Keeps a person's request together with the message that takes it to the workflow. What has ended may begin again:
 * then a further run of the job is asked for. Returns the request's id.
 * @throws ApiProblem 409 with the reason when the action makes no sense now
 */
export async function ask({ pool }: Database, request: NewRequest): Promise<string> {
  const mode = request.action === 'pause' ? (request.mode ?? 'interrupt') : undefined;
  const { id } = await createRequest(pool, { ...request, mode }, requestMessage).catch(refuse);
  return id;
}

/** Asks something of a whole job. */
export async function actOnJob(
  database: Database,
  actor: SignedIn,
  jobId: string,
  input: ActionInput,
): Promise<RequestView> {
  await demandJob(database.client, actor, jobId);
  demandAction(actor, input);
  const id = await ask(database, { ...input, jobId, userId: actor.userId });
  return readRequest(database.pool, id);
}

/** Ends a job that hangs. */
export async function forceEndJob(database: Database, actor: SignedIn, jobId: string): Promise<RequestView> {
  await demandJob(database.client, actor, jobId);
  const { id } = await forceEnd(database.pool, { jobId, userId: actor.userId }, terminateMessage).catch(refuse);
  return readRequest(database.pool, id);
}

/** Deletes a job that has ended. */
export async function removeJob(database: Database, actor: SignedIn, jobId: string): Promise<void> {
  await demandJob(database.client, actor, jobId);
  await deleteJob(database.pool, jobId).catch(refuse);
}

/** Throws 403 when the person may not ask for this at all. To make something less urgent is everybody's. */
export function demandAction(
  actor: SignedIn,
  input: { readonly action: ActionInput['action'] | 'force-end' | 'delete' },
): void {
  const reason = forbidden(actor, input.action);
  if (reason !== undefined) throw new ApiProblem(403, reason, { name: 'not-allowed' });
}

/** A refusal as a problem; everything else as it is. */
function refuse(error: unknown): never {
  if (!(error instanceof RequestRefused)) throw error;
  const unknown = error.refusal === 'task-unknown' || error.refusal === 'job-unknown';
  throw new ApiProblem(unknown ? 404 : 409, whyNot(error.refusal), { name: error.refusal });
}

import type { Action, PauseMode } from '@viaduct/domain';
import { createRequest, RequestRefused, type Database, type RequestFacts } from '@viaduct/prisma';
import { jobWorkflowId } from '@viaduct/workflows/contract';
import type { SignedIn } from '../http/context.ts';
import { ApiProblem } from '../http/problems.ts';
import type { RequestView } from '../schemas/jobs.ts';
import { demandJob } from './access.ts';
import { signalOf, startMessage } from './messages.ts';
import { requestShown, requestView } from './requestView.ts';
import { whyNot } from './whyNot.ts';

/** What a person asks of a job, or of one task of it. */
export interface Wish {
  readonly actor: SignedIn;
  readonly jobId: string;
  readonly taskNo?: number;
  readonly action: Action;
  readonly mode?: PauseMode;
}

/** People's messages go before the starts of other jobs. */
const FIRST = 1;

/**
 * Keeps a person's request together with the message that takes it to the workflow. What has ended may be tried
 * again: then a further run of the job is asked for. 409 with the reason when the action makes no sense now.
 */
export async function actOn(database: Database, { actor, ...wish }: Wish): Promise<RequestView> {
  await demandJob(database.client, actor, wish.jobId);
  const mode = wish.action === 'pause' ? (wish.mode ?? 'interrupt') : undefined;
  try {
    const { id } = await createRequest(database.pool, { ...wish, mode, userId: actor.userId }, messageOf);
    return requestView(await database.client.request.findUniqueOrThrow({ where: { id }, select: requestShown }));
  } catch (error) {
    if (!(error instanceof RequestRefused)) throw error;
    const unknown = error.refusal === 'task-unknown' || error.refusal === 'job-unknown';
    throw new ApiProblem(unknown ? 404 : 409, whyNot(error.refusal), { name: error.refusal });
  }
}

function messageOf(facts: RequestFacts) {
  if (facts.starts) return startMessage(facts, facts.urgent);
  const { requestId, taskNo, mode } = facts;
  const signalName = signalOf(facts.action, taskNo);
  return {
    kind: signalName ? ('signal' as const) : ('cancel' as const),
    workflowId: jobWorkflowId(facts.jobId, facts.runNo),
    ...(signalName && { signalName }),
    payload: { requestId, ...(taskNo !== null && { taskNo }), ...(mode && { mode }) },
    priority: FIRST,
  };
}

import { explainRefusal, type Action } from '@viaduct/domain';
import type { RequestView } from '../schemas/jobs.ts';

/** What a request is read with. */
export const requestShown = {
  id: true,
  jobId: true,
  action: true,
  mode: true,
  state: true,
  reason: true,
  requestedAt: true,
  settledAt: true,
  user: { select: { name: true } },
  task: { select: { taskNo: true } },
} as const;

interface Row {
  readonly id: string;
  readonly action: string;
  readonly mode: string | null;
  readonly state: string;
  readonly reason: string | null;
  readonly requestedAt: Date;
  readonly settledAt: Date | null;
  readonly user: { readonly name: string };
  readonly task: { readonly taskNo: number } | null;
}

/** A request as pages show it, with the reason of a refusal as a sentence. */
export function requestView(row: Row): RequestView {
  return {
    id: row.id,
    taskNo: row.task?.taskNo ?? null,
    action: row.action as Action,
    mode: row.mode as RequestView['mode'],
    state: row.state as RequestView['state'],
    reason: row.reason === null ? null : explainRefusal(row.reason),
    by: row.user.name,
    requestedAt: row.requestedAt.toISOString(),
    settledAt: row.settledAt?.toISOString() ?? null,
  };
}

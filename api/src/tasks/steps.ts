import type { Database } from '@viaduct/prisma';
import type { StepView } from '../schemas/tasks.ts';
import { failureOf, type NamedEnds } from './taskView.ts';

/** Steps that are shown with a task. */
const STEPS = 500;

/** The newest steps of a task, oldest first. */
export async function readSteps(
  client: Database['client'],
  task: NamedEnds & { readonly id: string },
): Promise<StepView[]> {
  const rows = await client.step.findMany({ where: { taskId: task.id }, orderBy: { id: 'desc' }, take: STEPS });
  return rows.toReversed().map((row) => {
    const failure = row.outcome === 'failed' ? failureOf(row.cause, row.causeFacts, task) : undefined;
    return {
      id: Number(row.id),
      runNo: row.runNo,
      step: row.step,
      partNo: row.partNo,
      attempt: row.attempt,
      hostId: row.hostId,
      startedAt: row.startedAt.toISOString(),
      endedAt: row.endedAt?.toISOString() ?? null,
      outcome: row.outcome as StepView['outcome'],
      ...(failure && { failure }),
      instances: row.instances,
    };
  });
}

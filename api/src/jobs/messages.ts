import type { Action } from '@viaduct/domain';
import type { OutboxMessage, RunRef } from '@viaduct/prisma';
import {
  cancelTaskSignal,
  jobWorkflowId,
  pauseSignal,
  resumeSignal,
  retryFailedSignal,
  type JobInput,
} from '@viaduct/workflows/contract';

/** The message that starts a run of a job. */
export function startMessage({ jobId, runNo }: RunRef, urgent: boolean): OutboxMessage {
  const input: JobInput = { jobId, runNo, priorityKey: urgent ? 1 : 3 };
  return { kind: 'start', workflowId: jobWorkflowId(jobId, runNo), payload: input, priority: input.priorityKey };
}

/** The signal that carries an action; undefined for the cancel of a whole job, which is Temporal's cancellation. */
export function signalOf(action: Action, taskNo: number | null): string | undefined {
  switch (action) {
    case 'pause':
      return pauseSignal.name;
    case 'resume':
      return resumeSignal.name;
    case 'retry-failed':
      return retryFailedSignal.name;
    case 'cancel':
      return taskNo === null ? undefined : cancelTaskSignal.name;
  }
}

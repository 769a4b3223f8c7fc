import type { OutboxMessage, RequestFacts, RunRef, TerminateFacts } from '@viaduct/prisma';
import {
  cancelTasksSignal,
  chunkWorkflowId,
  gatesChangedSignal,
  jobWorkflowId,
  pauseSignal,
  resumeSignal,
  reviewedSignal,
  retrySignal,
  setPrioritySignal,
  setScheduleSignal,
  type JobInput,
  type PriorityKey,
} from '@viaduct/workflows/contract';

/** People's messages go before the starts of other jobs. */
const FIRST = 1;

const priorityKeyOf = (urgent: boolean): PriorityKey => (urgent ? 1 : 3);

/** The message that starts a run of a job. */
export function startMessage({ jobId, runNo }: RunRef, urgent: boolean): OutboxMessage {
  const input: JobInput = { jobId, runNo, priorityKey: priorityKeyOf(urgent) };
  return { kind: 'start', workflowId: jobWorkflowId(jobId, runNo), payload: input, priority: input.priorityKey };
}

/** The message that carries a person's request to the workflow: a signal, the start of the next run, or Temporal's cancel. */
export function requestMessage(facts: RequestFacts): OutboxMessage {
  if (facts.starts) return startMessage(facts, facts.urgent);
  const workflowId = jobWorkflowId(facts.jobId, facts.runNo);
  const request = { requestId: facts.requestId, ...(facts.tasks && { tasks: true }) };
  const signal = (signalName: string, payload: object = request): OutboxMessage => ({
    kind: 'signal',
    workflowId,
    signalName,
    payload,
    priority: FIRST,
  });
  switch (facts.action) {
    case 'pause':
      return signal(pauseSignal.name, { ...request, mode: facts.mode ?? 'interrupt' });
    case 'resume':
      return signal(resumeSignal.name);
    case 'cancel':
      if (facts.tasks) return signal(cancelTasksSignal.name);
      return { kind: 'cancel', workflowId, payload: request, priority: FIRST };
    case 'set-priority':
      return signal(setPrioritySignal.name, { ...request, priorityKey: priorityKeyOf(facts.urgent) });
    case 'set-schedule':
      return signal(setScheduleSignal.name);
    case 'retry-failed':
    case 'retry-warnings':
    case 'restart':
      return signal(retrySignal.name, { ...request, requeue: facts.requeue });
  }
}

/** The message that ends a workflow of a job at once. */
export function terminateMessage({ jobId, runNo, chunkNo, requestId }: TerminateFacts): OutboxMessage {
  const workflowId = chunkNo === null ? jobWorkflowId(jobId, runNo) : chunkWorkflowId(jobId, runNo, chunkNo);
  return { kind: 'terminate', workflowId, payload: { requestId }, priority: FIRST };
}

/** News for a job that nobody requests. */
const newsMessage = ({ jobId, runNo }: RunRef, signalName: string): OutboxMessage => ({
  kind: 'signal',
  workflowId: jobWorkflowId(jobId, runNo),
  signalName,
  payload: {},
  priority: FIRST,
});

/** Tells a job that the hours of one of its nodes, or whether that is suspended, have changed. */
export const gatesChangedMessage = (run: RunRef): OutboxMessage => newsMessage(run, gatesChangedSignal.name);

/** Tells a job that one of its studies waits for a review no longer. */
export const reviewedMessage = (run: RunRef): OutboxMessage => newsMessage(run, reviewedSignal.name);

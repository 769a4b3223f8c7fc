import { defineSignal } from '@temporalio/workflow';
import type { JobControl, PriorityKey } from './inputs.ts';

/** Every message of a person carries the id of its request row; a request seen before is ignored. */
export interface RequestMessage {
  readonly requestId: string;
  /** Set when the request is about one task. */
  readonly taskNo?: number;
}
export interface PauseMessage extends RequestMessage {
  readonly mode: 'interrupt' | 'drain';
}
export interface PriorityMessage extends RequestMessage {
  readonly priorityKey: PriorityKey;
}

// To the job workflow, from the outbox. Cancel of a whole job is Temporal cancellation.
export const pauseSignal = defineSignal<[PauseMessage]>('pause');
export const resumeSignal = defineSignal<[RequestMessage]>('resume');
export const retryFailedSignal = defineSignal<[RequestMessage]>('retryFailed');
export const setPrioritySignal = defineSignal<[PriorityMessage]>('setPriority');
/** Cancel of one task. */
export const cancelTaskSignal = defineSignal<[Required<RequestMessage>]>('cancelTask');

// From the job workflow to its chunks.
export const controlSignal = defineSignal<[JobControl]>('control');
export interface TaskControl {
  readonly taskNo: number;
  /** `resume` takes back a pause that has not been carried out yet. */
  readonly want: 'pause' | 'resume' | 'cancel';
}
export const taskControlSignal = defineSignal<[TaskControl]>('taskControl');

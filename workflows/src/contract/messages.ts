import { defineSignal } from '@temporalio/workflow';
import type { Requeue } from '@viaduct/domain';
import type { JobControl, PriorityKey } from './inputs.ts';

/** Every message of a person carries the id of its request row; a request seen before is ignored. */
export interface RequestMessage {
  readonly requestId: string;
  /** Set when the request is about the tasks that its row names, not about the whole job. */
  readonly tasks?: true;
}
export interface PauseMessage extends RequestMessage {
  readonly mode: 'interrupt' | 'drain';
}
export interface RetryMessage extends RequestMessage {
  readonly requeue: Requeue;
}
export interface PriorityMessage extends RequestMessage {
  readonly priorityKey: PriorityKey;
}

// To the job workflow, from the outbox. Cancel of a whole job is Temporal cancellation.
export const pauseSignal = defineSignal<[PauseMessage]>('pause');
export const resumeSignal = defineSignal<[RequestMessage]>('resume');
/** Begins ended tasks again: failed ones, those with warnings, or (restart) all that are named. */
export const retrySignal = defineSignal<[RetryMessage]>('retry');
export const setPrioritySignal = defineSignal<[PriorityMessage]>('setPriority');
/** The new schedule stands on the request row. */
export const setScheduleSignal = defineSignal<[RequestMessage]>('setSchedule');
/** Cancel of the tasks that the row names. */
export const cancelTasksSignal = defineSignal<[RequestMessage]>('cancelTasks');
/** The hours of a node, or whether it is suspended, have changed: nobody's request, so without an id. */
export const gatesChangedSignal = defineSignal('gatesChanged');
/** A task that waited for a review may go on. */
export const reviewedSignal = defineSignal('reviewed');

// From the job workflow to its chunks.
export const controlSignal = defineSignal<[JobControl]>('control');
export interface TaskControl {
  readonly taskNos: readonly number[];
  /** `resume` takes back a pause that has not been carried out yet. */
  readonly want: 'pause' | 'resume' | 'cancel';
}
export const taskControlSignal = defineSignal<[TaskControl]>('taskControl');

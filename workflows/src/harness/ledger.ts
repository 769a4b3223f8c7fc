import type { Ends } from '@viaduct/domain';

export type MockState = 'pending' | 'running' | 'paused' | 'canceled' | 'success' | 'warning' | 'failure';

/** A part, whose instances are retrieved and stored one after the other. */
export interface MockPart {
  stored: boolean;
  hostId: string | null;
  /** Instances that are on the host's disk, that are pseudonymized there, that are at the destination. */
  retrieved: number;
  cleaned: number;
  sent: number;
}

/** One task as the mock database sees it. */
export interface MockTask extends Ends {
  readonly taskNo: number;
  state: MockState;
  chunkNo: number | null;
  /** Waits until somebody has looked at its images: no chunk is given it. */
  inReview: boolean;
  wanted: 'pause' | 'cancel' | null;
  cause: string | null;
  readonly parts: MockPart[];
}

/** One instance that was asked of the source. */
export interface Moment {
  /** ms since 1970 */
  readonly at: number;
  /** `task.part.instance` */
  readonly key: string;
}

export const hasEnded = ({ state }: MockTask): boolean =>
  state === 'canceled' || state === 'success' || state === 'warning' || state === 'failure';

export function newTask(taskNo: number, parts: number, ends: Ends): MockTask {
  return {
    ...{ taskNo, ...ends, state: 'pending', chunkNo: null, inReview: false, wanted: null, cause: null },
    parts: Array.from({ length: parts }, () => ({ stored: false, hostId: null, retrieved: 0, cleaned: 0, sent: 0 })),
  };
}

/** Puts a task back to the beginning; with `all` also what had arrived. */
export function requeue(task: MockTask, all: boolean): void {
  Object.assign(task, { state: 'pending', chunkNo: null, wanted: null, cause: null });
  if (all) for (const part of task.parts) Object.assign(part, { stored: false, retrieved: 0, cleaned: 0, sent: 0 });
}

import { setHandler } from '@temporalio/workflow';
import {
  cancelTaskSignal,
  pauseSignal,
  resumeSignal,
  retryFailedSignal,
  setPrioritySignal,
  type PriorityKey,
} from './contract/index.ts';

/** What a person asks of a running job, in one shape. With `taskNo` it is about one task. */
export type JobRequest = { readonly requestId: string } & (
  | { readonly action: 'pause'; readonly taskNo?: undefined; readonly mode: 'interrupt' | 'drain' }
  | { readonly action: 'resume' | 'retry-failed'; readonly taskNo?: undefined }
  | { readonly action: 'pause' | 'resume' | 'retry-failed' | 'cancel'; readonly taskNo: number }
  | { readonly action: 'set-priority'; readonly taskNo?: undefined; readonly priorityKey: PriorityKey }
);

/** Request ids kept to recognize a second delivery: more than can be in the outbox at a time. */
const REMEMBERED = 500;

/**
 * The requests of a job in the order of their arrival. Handlers only queue, the job's main loop acts; so they must be
 * set before its first await, and nothing is lost between runs.
 */
export class RequestQueue {
  readonly #waiting: JobRequest[] = [];
  readonly #seen: Set<string>;

  constructor(seen: readonly string[] = []) {
    this.#seen = new Set(seen);
    setHandler(pauseSignal, ({ requestId, taskNo, mode }) =>
      this.#add(taskNo === undefined ? { requestId, action: 'pause', mode } : { requestId, action: 'pause', taskNo }),
    );
    setHandler(resumeSignal, ({ requestId, taskNo }) => this.#add({ requestId, taskNo, action: 'resume' }));
    setHandler(retryFailedSignal, ({ requestId, taskNo }) => this.#add({ requestId, taskNo, action: 'retry-failed' }));
    setHandler(setPrioritySignal, ({ requestId, priorityKey }) =>
      this.#add({ requestId, action: 'set-priority', priorityKey }),
    );
    setHandler(cancelTaskSignal, ({ requestId, taskNo }) => this.#add({ requestId, taskNo, action: 'cancel' }));
  }

  get isEmpty(): boolean {
    return this.#waiting.length === 0;
  }

  next(): JobRequest | undefined {
    return this.#waiting.shift();
  }

  /** For the next run after continue-as-new. */
  seen(): string[] {
    return [...this.#seen];
  }

  #add(request: JobRequest): void {
    if (this.#seen.has(request.requestId)) return;
    this.#seen.add(request.requestId);
    for (const oldest of this.#seen) {
      if (this.#seen.size <= REMEMBERED) break;
      this.#seen.delete(oldest);
    }
    this.#waiting.push(request);
  }
}

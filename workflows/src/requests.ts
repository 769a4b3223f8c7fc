import type { Requeue } from '@viaduct/domain';
import { setHandler } from '@temporalio/workflow';
import {
  cancelTasksSignal,
  gatesChangedSignal,
  pauseSignal,
  resumeSignal,
  reviewedSignal,
  retrySignal,
  setPrioritySignal,
  setScheduleSignal,
  type JobAsk,
  type PriorityKey,
  type RequestMessage,
  type TasksAsk,
} from './contract/index.ts';

/** What a person asks of a running job or of some of its tasks. */
export type PersonsRequest = { readonly requestId: string } & (
  | { readonly about: 'job'; readonly ask: Exclude<JobAsk, { readonly action: 'set-priority' }> }
  | { readonly about: 'priority'; readonly priorityKey: PriorityKey }
  | { readonly about: 'tasks'; readonly ask: TasksAsk }
);

/** News that nobody requests: the hours of a node have changed, or a task waits for its review no longer. */
type News = { readonly about: 'gates' | 'review' };

/** What a running job is told, in one shape. */
export type JobRequest = PersonsRequest | News;

/** What can be asked of a job and of tasks alike. */
type AnyAsk = { readonly action: 'resume' } | { readonly action: 'retry'; readonly requeue: Requeue };

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
    setHandler(pauseSignal, ({ requestId, tasks, mode }) =>
      this.#add(
        tasks
          ? { requestId, about: 'tasks', ask: { action: 'pause' } }
          : { requestId, about: 'job', ask: { action: 'pause', mode } },
      ),
    );
    setHandler(resumeSignal, (message) => this.#addAsked(message, { action: 'resume' }));
    setHandler(retrySignal, ({ requeue, ...message }) => this.#addAsked(message, { action: 'retry', requeue }));
    setHandler(cancelTasksSignal, ({ requestId }) =>
      this.#add({ requestId, about: 'tasks', ask: { action: 'cancel' } }),
    );
    setHandler(setScheduleSignal, ({ requestId }) =>
      this.#add({ requestId, about: 'job', ask: { action: 'set-schedule' } }),
    );
    setHandler(setPrioritySignal, ({ requestId, priorityKey }) =>
      this.#add({ requestId, about: 'priority', priorityKey }),
    );
    setHandler(gatesChangedSignal, () => this.#addNews('gates'));
    setHandler(reviewedSignal, () => this.#addNews('review'));
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

  #addAsked({ requestId, tasks }: RequestMessage, ask: AnyAsk): void {
    this.#add(tasks ? { requestId, about: 'tasks', ask } : { requestId, about: 'job', ask });
  }

  #add(request: PersonsRequest): void {
    if (this.#seen.has(request.requestId)) return;
    this.#seen.add(request.requestId);
    for (const oldest of this.#seen) {
      if (this.#seen.size <= REMEMBERED) break;
      this.#seen.delete(oldest);
    }
    this.#waiting.push(request);
  }

  /** What has changed is read when its turn comes: once is enough however often it was told until then. */
  #addNews(about: News['about']): void {
    if (!this.#waiting.some((each) => each.about === about)) this.#waiting.push({ about });
  }
}

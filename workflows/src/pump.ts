import { CancellationScope, condition } from '@temporalio/workflow';
import type { ActiveChunks } from './children.ts';
import { controlSignal, taskControlSignal, type JobControl, type RunRef } from './contract/index.ts';
import { dbActivities, type Dispatch } from './proxies.ts';
import type { JobRequest, RequestQueue } from './requests.ts';

/** The part of a job that requests change. */
export interface Controlled {
  readonly run: RunRef;
  readonly chunks: ActiveChunks;
  control: JobControl;
  /** Why nothing is applied any more; null while requests are applied. */
  refusal: string | null;
  dispatch(): Dispatch;
  /** Told after every request that was applied: the picture of what is open has changed. */
  applied(requeued: number): void;
}

/** Applies requests one after the other, in the order of their arrival, beside the job's main loop. Never rejects. */
export class RequestPump {
  readonly #queue: RequestQueue;
  readonly #job: Controlled;
  #busy = false;

  constructor(queue: RequestQueue, job: Controlled) {
    this.#queue = queue;
    this.#job = job;
    // A cancelled job still answers what was asked before.
    void CancellationScope.nonCancellable(() => this.#run());
  }

  /** Every request received so far has been answered. */
  get isIdle(): boolean {
    return !this.#busy && this.#queue.isEmpty;
  }

  async #run(): Promise<never> {
    for (;;) {
      await condition(() => !this.#queue.isEmpty);
      this.#busy = true;
      for (let request = this.#queue.next(); request; request = this.#queue.next()) await this.#answer(request);
      this.#busy = false;
    }
  }

  async #answer(request: JobRequest): Promise<void> {
    const { refusal } = this.#job;
    try {
      await (refusal === null ? this.#apply(request) : this.#refuse(request, refusal));
    } catch {
      // The database refused for good: nothing has been changed.
      await this.#refuse(request, 'The request could not be applied.').catch(() => undefined);
    }
  }

  async #apply(request: JobRequest): Promise<void> {
    if (request.taskNo !== undefined) return this.#applyToTask(request);
    if (request.action === 'set-priority') {
      // No request row yet: the API offers urgency only when a job is created.
      return this.#setControl({ ...this.#job.control, priorityKey: request.priorityKey });
    }
    const { requestId, action } = request;
    // Before the database knows, so that nothing is claimed meanwhile.
    if (action === 'pause') this.#job.control = { ...this.#job.control, paused: request.mode };
    const mode = action === 'pause' ? request.mode : undefined;
    const { requeued } = await this.#db().applyJobRequest({ ...this.#job.run, requestId, action, mode });
    if (action !== 'retry-failed') {
      const paused = action === 'pause' ? request.mode : null;
      await this.#setControl({ ...this.#job.control, paused });
    }
    this.#job.applied(requeued);
  }

  async #applyToTask({ requestId, taskNo, action }: JobRequest & { readonly taskNo: number }): Promise<void> {
    const { run, chunks } = this.#job;
    const { chunkNo, requeued } = await this.#db().applyTaskRequest({ ...run, taskNo, requestId, action });
    // The chunk that still carries out a pause keeps the task; others do not know it.
    if (action === 'resume') await chunks.broadcast(taskControlSignal, { taskNo, want: action });
    else if (chunkNo !== null && action !== 'retry-failed') {
      await chunks.signal(chunkNo, taskControlSignal, { taskNo, want: action });
    }
    this.#job.applied(requeued);
  }

  async #setControl(control: JobControl): Promise<void> {
    this.#job.control = control;
    await this.#job.chunks.broadcast(controlSignal, control);
  }

  async #refuse({ requestId }: JobRequest, reason: string): Promise<void> {
    await this.#db().refuseRequest({ requestId, reason });
  }

  #db() {
    return dbActivities(this.#job.dispatch());
  }
}

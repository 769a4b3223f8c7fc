import { CancellationScope, condition } from '@temporalio/workflow';
import type { ActiveChunks } from './children.ts';
import {
  controlSignal,
  taskControlSignal,
  type JobControl,
  type PriorityKey,
  type RunRef,
  type TasksAsk,
} from './contract/index.ts';
import { dbActivities, type Dispatch } from './proxies.ts';
import type { JobRequest, PersonsRequest, RequestQueue } from './requests.ts';

/** The part of a job that requests change. */
export interface Controlled {
  readonly run: RunRef;
  readonly chunks: ActiveChunks;
  control: JobControl;
  /** Why nothing is applied any more; null while requests are applied. */
  refusal: string | null;
  /** Tasks are being claimed for a chunk that nobody can tell anything yet. */
  readonly isClaiming: boolean;
  dispatch(): Dispatch;
  /** Told after every request that was applied: the picture of what is open has changed. */
  applied(requeued: number): void;
}

type AboutJob = Extract<PersonsRequest, { readonly about: 'job' }>;

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
    switch (request.about) {
      case 'job':
        return this.#applyToJob(request);
      case 'tasks':
        return this.#applyToTasks(request.requestId, request.ask);
      case 'priority':
        return this.#setPriority(request.requestId, request.priorityKey);
      case 'gates':
        return this.#readGates();
      case 'review':
        return this.#job.applied(1);
    }
  }

  async #applyToJob({ requestId, ask }: AboutJob): Promise<void> {
    // Before the database knows, so that nothing is claimed meanwhile.
    if (ask.action === 'pause') this.#change({ paused: ask.mode });
    const { requeued } = await this.#db().applyJobRequest({ ...this.#job.run, requestId, ...ask });
    switch (ask.action) {
      case 'pause':
        await this.#setControl({ paused: ask.mode });
        break;
      case 'resume':
        await this.#setControl({ paused: null });
        break;
      case 'set-schedule':
        await this.#readGates();
        break;
      case 'retry':
        await this.#readGatesOf(requeued);
        break;
    }
    this.#job.applied(requeued);
  }

  async #applyToTasks(requestId: string, ask: TasksAsk): Promise<void> {
    const { run, chunks } = this.#job;
    const { told, requeued } = await this.#db().applyTasksRequest({ ...run, requestId, ...ask });
    if (ask.action === 'retry') await this.#readGatesOf(requeued);
    else {
      const want = ask.action;
      // The database may know of a chunk before we do.
      await condition(() => !this.#job.isClaiming);
      await Promise.all(
        told.map(({ chunkNo, taskNos }) => chunks.signal(chunkNo, taskControlSignal, { taskNos, want })),
      );
    }
    // A chunk that hears of a resume too late has let go of the task, which waits for somebody then.
    this.#job.applied(ask.action === 'resume' ? requeued + told.length : requeued);
  }

  async #setPriority(requestId: string, priorityKey: PriorityKey): Promise<void> {
    const urgent = priorityKey === 1;
    await this.#db().applyJobRequest({ ...this.#job.run, requestId, action: 'set-priority', urgent });
    this.#change({ priorityKey });
    await this.#readGates();
    this.#job.applied(0);
  }

  /** Tasks that begin again may involve nodes that the others do not. */
  async #readGatesOf(requeued: number): Promise<void> {
    if (requeued > 0) await this.#readGates();
  }

  async #readGates(): Promise<void> {
    const { run, control } = this.#job;
    // When the database refuses for good, what is known goes on to hold; the request itself has been applied.
    const gates = await this.#db()
      .readGates(run)
      .catch(() => control.gates);
    await this.#setControl({ gates });
  }

  #change(changes: Partial<JobControl>): void {
    this.#job.control = { ...this.#job.control, ...changes };
  }

  async #setControl(changes: Partial<JobControl>): Promise<void> {
    this.#change(changes);
    await this.#job.chunks.broadcast(controlSignal, this.#job.control);
  }

  async #refuse(request: JobRequest, reason: string): Promise<void> {
    if ('requestId' in request) await this.#db().refuseRequest({ requestId: request.requestId, reason });
  }

  #db() {
    return dbActivities(this.#job.dispatch());
  }
}

import {
  CancellationScope,
  condition,
  continueAsNew,
  isCancellation,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import {
  controlSignal,
  taskControlSignal,
  type ChunkInput,
  type DbActivities,
  type JobControl,
  type TaskControl,
  type TaskHead,
  type TaskRef,
} from './contract/index.ts';
import { Entry } from './entry.ts';
import { isWindowClosed, reasonOf, type FailureReason } from './failures.ts';
import { Hours, wakeAt } from './hours.ts';
import { dbActivities, type Dispatch } from './proxies.ts';
import { runTask, type TaskEnd, type TaskEnvironment } from './task.ts';

/**
 * Runs the tasks that the job has claimed for it, `window` of them at a time and each only in its hours. Ends when it
 * has let go of all of them, or gives back those whose hours are over when no other one is left; continues as new
 * between parts when its history grows long.
 */
export async function chunkWorkflow(input: ChunkInput): Promise<void> {
  const chunk = new Chunk(input);
  setHandler(controlSignal, (control) => chunk.applyControl(control));
  setHandler(taskControlSignal, (control) => chunk.applyTaskControl(control));
  try {
    await chunk.run();
  } catch (error) {
    if (!isCancellation(error)) throw error;
    await CancellationScope.nonCancellable(() => chunk.release());
    throw error;
  }
  const tasks = chunk.remainingTasks();
  if (tasks.length > 0) await continueAsNew<typeof chunkWorkflow>({ ...input, tasks, control: chunk.control });
}

type Settlement = Parameters<DbActivities['settleTask']>[0]['to'];

class Chunk {
  control: JobControl;
  readonly #input: ChunkInput;
  readonly #root = CancellationScope.current();
  readonly #left: Map<number, Entry>;
  readonly #running = new Set<Promise<void>>();
  readonly #hours = new Hours(() => this.control.gates);

  constructor(input: ChunkInput) {
    this.#input = input;
    this.control = input.control;
    this.#left = new Map(input.tasks.map((head) => [head.taskNo, new Entry(head)]));
    wakeAt(
      () => this.#nextChange(),
      () => this.#left.forEach((entry) => entry.interruptIfLate()),
    );
  }

  remainingTasks(): TaskHead[] {
    return [...this.#left.values()].map(({ head }) => head);
  }

  applyControl(control: JobControl): void {
    this.control = control;
    for (const entry of this.#left.values()) entry.obey(control);
  }

  applyTaskControl({ taskNos, want }: TaskControl): void {
    for (const taskNo of taskNos) {
      const entry = this.#left.get(taskNo);
      if (!entry || (want === 'resume' && entry.want === null)) continue;
      entry.want = want;
      if (want !== 'resume') entry.scope?.cancel();
    }
  }

  /** Begins what may begin until every task is let go of, or until it is time to continue as new. */
  async run(): Promise<void> {
    while (!this.#isOver()) {
      await condition(() => this.#isOver() || this.#next() !== undefined);
      const entry = this.#next();
      if (entry) this.#begin(entry);
    }
    if (this.#left.size > 0 && this.#isShut()) await CancellationScope.nonCancellable(() => this.#giveBack('pending'));
  }

  /** Clean-up of a cancelled chunk: everything that runs has put down its work before the rest is given up. */
  async release(): Promise<void> {
    await Promise.all(this.#running);
    await this.#giveBack('canceled');
  }

  async #giveBack(to: 'pending' | 'canceled'): Promise<void> {
    const { jobId, runNo, chunkNo } = this.#input;
    await dbActivities(this.#dispatch()).releaseChunk({ jobId, runNo, chunkNo, to });
    this.#left.clear();
  }

  #dispatch(): Dispatch {
    return { settings: this.#input.settings, priorityKey: this.control.priorityKey };
  }

  #isOver(): boolean {
    if (this.#running.size > 0) return false;
    return this.#left.size === 0 || this.#isShut() || (this.#isYielding() && this.#next() === undefined);
  }

  /** Whether it is time to continue as new. What the job's own hours have ended for goes on until it is given back. */
  #isYielding(): boolean {
    return workflowInfo().continueAsNewSuggested && this.#hours.job.open;
  }

  /** Whether the hours of all that is left are over: the job claims it again when they begin. */
  #isShut(): boolean {
    return [...this.#left.values()].every(
      ({ head, want, scope }) => scope === null && want === null && !this.#hours.isOpenFor(head),
    );
  }

  /** The next entry to take up: first those that only have to be settled, whatever else is going on. */
  #next(): Entry | undefined {
    const idle = [...this.#left.values()].filter(({ scope }) => scope === null);
    const wanted = idle.find(({ want }) => want !== null);
    if (wanted) return wanted;
    if (this.control.paused !== null || this.#isYielding()) return undefined;
    if (this.#running.size >= this.#input.settings.window) return undefined;
    return idle.find((entry) => this.#hours.isOpenFor(entry.head) && !entry.isResting);
  }

  /** The next instant at which something begins or ends by itself (ms since 1970; null: none). */
  #nextChange(): number | null {
    const instants = [this.#hours.nextChange, ...[...this.#left.values()].map((entry) => entry.nextChange)];
    return instants.reduce((a, b) => (a === null || b === null ? (a ?? b) : Math.min(a, b)), null);
  }

  #begin(entry: Entry): void {
    const scope = new CancellationScope({ cancellable: true });
    entry.begin(scope, this.control.gates);
    const attended = this.#attend(entry, scope).finally(() => {
      entry.scope = null;
      this.#running.delete(attended);
    });
    this.#running.add(attended);
  }

  /** Runs a task and settles what it has not settled itself. Never rejects. */
  async #attend(entry: Entry, scope: CancellationScope): Promise<void> {
    const end = await this.#runEntry(entry, scope);
    try {
      await CancellationScope.nonCancellable(() => this.#settle(entry, end));
    } catch {
      // The database refused for good, not just for now: the reconciler sees a task without a workflow.
      this.#left.delete(entry.head.taskNo);
    }
  }

  async #runEntry(entry: Entry, scope: CancellationScope): Promise<TaskEnd> {
    if (entry.want) return { kind: 'stopped' };
    const environment: TaskEnvironment = {
      head: entry.head,
      settings: this.#input.settings,
      dispatch: () => this.#dispatch(),
      stopping: () => this.control.paused !== null || this.#isYielding(),
      deadlineAt: () => entry.tellDeadline(),
      found: () => (entry.head = { ...entry.head, found: true }),
    };
    try {
      return await scope.run(() => runTask(environment, this.#ref(entry)));
    } catch (error) {
      if (scope.consideredCancelled) return { kind: 'stopped' };
      if (!isWindowClosed(error)) return { kind: 'failed', reason: reasonOf(error) };
      entry.rest(this.#input.settings.retryIntervalMs);
      return { kind: 'stopped' };
    }
  }

  async #settle(entry: Entry, end: TaskEnd): Promise<void> {
    if (end.kind === 'stopped') return this.#settleStopped(entry);
    if (end.kind === 'failed') await this.#write(entry, 'failure', end.reason);
    this.#left.delete(entry.head.taskNo);
  }

  /** A cancel that comes while the database is told something else is told after it. */
  async #settleStopped(entry: Entry): Promise<void> {
    let to = this.#settlementOf(entry);
    // A task that only makes room for continue-as-new goes on at once and stays shown as running.
    const goesOn = this.#isYielding() && this.control.paused === null && this.#hours.isOpenFor(entry.head);
    if (to !== 'pending' || entry.want || !goesOn) await this.#write(entry, to);
    if (to !== 'canceled' && this.#settlementOf(entry) === 'canceled') await this.#write(entry, (to = 'canceled'));
    if (to !== 'pending') this.#left.delete(entry.head.taskNo);
    if (entry.want === 'resume') entry.want = null;
  }

  #settlementOf({ want }: Entry): Settlement {
    if (this.#root.consideredCancelled || want === 'cancel') return 'canceled';
    return want === 'pause' ? 'paused' : 'pending';
  }

  async #write(entry: Entry, to: Settlement, reason?: FailureReason): Promise<void> {
    await dbActivities(this.#dispatch()).settleTask({ ...this.#ref(entry), to, ...reason });
  }

  #ref({ head }: Entry): TaskRef {
    const { jobId, runNo } = this.#input;
    return { jobId, runNo, taskNo: head.taskNo };
  }
}

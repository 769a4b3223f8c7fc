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
import { reasonOf, type FailureReason } from './failures.ts';
import { dbActivities, type Dispatch } from './proxies.ts';
import { runTask, type TaskEnd } from './task.ts';

/**
 * Runs the tasks that the job has claimed for it, `window` of them at a time. Ends when it has let go of all of them;
 * continues as new between parts when its history grows long.
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

/** A task that the chunk has not let go of. */
interface Entry {
  head: TaskHead;
  /** What a person asked for this task alone, not carried out yet; `resume` takes back a pause. */
  want: TaskControl['want'] | null;
  /** Present while the task runs or is being settled; cancelled to interrupt it. */
  scope: CancellationScope | null;
}

type Settlement = Parameters<DbActivities['settleTask']>[0]['to'];

const yielding = () => workflowInfo().continueAsNewSuggested;

class Chunk {
  control: JobControl;
  readonly #input: ChunkInput;
  readonly #root = CancellationScope.current();
  readonly #left: Map<number, Entry>;
  readonly #running = new Set<Promise<void>>();

  constructor(input: ChunkInput) {
    this.#input = input;
    this.control = input.control;
    this.#left = new Map(input.tasks.map((head) => [head.taskNo, { head, want: null, scope: null }]));
  }

  remainingTasks(): TaskHead[] {
    return [...this.#left.values()].map(({ head }) => head);
  }

  applyControl(control: JobControl): void {
    this.control = control;
    if (control.paused !== 'interrupt') return;
    for (const { scope } of this.#left.values()) scope?.cancel();
  }

  applyTaskControl({ taskNo, want }: TaskControl): void {
    const entry = this.#left.get(taskNo);
    if (!entry) return;
    if (want === 'resume' && entry.want === null) return;
    entry.want = want;
    if (want !== 'resume') entry.scope?.cancel();
  }

  /** Begins what may begin until every task is let go of, or until it is time to continue as new. */
  async run(): Promise<void> {
    while (!this.#isOver()) {
      await condition(() => this.#isOver() || this.#next() !== undefined);
      const entry = this.#next();
      if (entry) this.#begin(entry);
    }
  }

  /** Clean-up of a cancelled chunk: everything that runs has put down its work before the rest is given up. */
  async release(): Promise<void> {
    await Promise.all(this.#running);
    const { jobId, runNo, chunkNo } = this.#input;
    await dbActivities(this.#dispatch()).releaseChunk({ jobId, runNo, chunkNo, to: 'canceled' });
  }

  #dispatch(): Dispatch {
    return { settings: this.#input.settings, priorityKey: this.control.priorityKey };
  }

  #isOver(): boolean {
    return this.#running.size === 0 && (this.#left.size === 0 || (yielding() && this.#next() === undefined));
  }

  /** The next entry to take up: first those that only have to be settled, whatever else is going on. */
  #next(): Entry | undefined {
    const idle = [...this.#left.values()].filter(({ scope }) => scope === null);
    const mayRun = this.control.paused === null && !yielding() && this.#running.size < this.#input.settings.window;
    return idle.find(({ want }) => want !== null) ?? (mayRun ? idle[0] : undefined);
  }

  #begin(entry: Entry): void {
    const scope = new CancellationScope({ cancellable: true });
    entry.scope = scope;
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
    const environment = {
      head: entry.head,
      settings: this.#input.settings,
      dispatch: () => this.#dispatch(),
      stopping: () => this.control.paused !== null || yielding(),
      found: () => (entry.head = { ...entry.head, found: true }),
    };
    try {
      return await scope.run(() => runTask(environment, this.#ref(entry)));
    } catch (error) {
      return scope.consideredCancelled ? { kind: 'stopped' } : { kind: 'failed', reason: reasonOf(error) };
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
    if (to !== 'pending' || entry.want || this.control.paused !== null || !yielding()) await this.#write(entry, to);
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

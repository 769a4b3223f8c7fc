import { CancellationScope, condition, continueAsNew, isCancellation, workflowInfo } from '@temporalio/workflow';
import type { WaitReason } from '@viaduct/domain';
import { ActiveChunks } from './children.ts';
import type { Claimed, JobControl, JobInput, RunRef, RunSettings, TaskHead } from './contract/index.ts';
import { Hours, wakeAt } from './hours.ts';
import { BEFORE_SETTINGS, dbActivities, type Dispatch } from './proxies.ts';
import { RequestPump, type Controlled } from './pump.ts';
import { RequestQueue } from './requests.ts';

/**
 * One run of a job: claims chunks of tasks while there are any and its hours allow it, applies what people ask for, and
 * stays open for as long as a task is open, be it paused or outside its hours. Cancel of the job is Temporal's cancellation of this workflow.
 */
export async function jobWorkflow(input: JobInput): Promise<void> {
  const requests = new RequestQueue(input.resumed?.seenRequests);
  const start = input.resumed ? { resumed: input.resumed, first: null } : await begin(input, requests);
  if (!start) return;
  const job = new Job(input, start.resumed, requests);
  try {
    if ((await job.work(start.first)) === 'ended') return;
  } catch (error) {
    if (!isCancellation(error)) throw error;
    await CancellationScope.nonCancellable(() => job.cancel());
    throw error;
  }
  await continueAsNew<typeof jobWorkflow>({ ...input, resumed: job.remainder() });
}

type Resumed = NonNullable<JobInput['resumed']>;

/** What a run begins with: its state, and what its first chunk has claimed. */
interface Start {
  readonly resumed: Resumed;
  readonly first: Claimed | null;
}

/** Begins a run; null when it was over already. */
async function begin({ jobId, runNo, priorityKey }: JobInput, requests: RequestQueue): Promise<Start | null> {
  const db = dbActivities({ settings: BEFORE_SETTINGS, priorityKey });
  return CancellationScope.nonCancellable(async () => {
    const { state, settings, gates, first } = await db.beginRun({ jobId, runNo });
    if (state === 'running') {
      const control = { paused: null, priorityKey, gates };
      return { resumed: { settings, nextChunkNo: 1, control, wait: null, seenRequests: [] }, first };
    }
    for (let request = requests.next(); request; request = requests.next()) {
      if ('requestId' in request) await db.refuseRequest({ requestId: request.requestId, reason: RUN_ENDED });
    }
    return null;
  });
}

// Refusals as the pages know them.
const RUN_ENDED = 'job-ended';
const RUN_CANCELED = 'canceling';

/** Chunks that may end without letting go of their tasks before such tasks are canceled instead of run again. */
const MAX_LOST_CHUNKS = 5;

class Job implements Controlled {
  readonly run: RunRef;
  readonly chunks: ActiveChunks;
  control: JobControl;
  refusal: string | null = null;
  isClaiming = false;
  readonly #settings: RunSettings;
  readonly #requests: RequestQueue;
  readonly #pump: RequestPump;
  readonly #hours = new Hours(() => this.control.gates);
  #nextChunkNo: number;
  /** Chunks that run or are cleaned up after. */
  #active = 0;
  #lostChunks = 0;
  /** Whether a claim may find something. */
  #claimable = true;
  /** The nodes that were closed when a claim found nothing more; it may find something once one of them is open. */
  #passedOver: readonly string[] = [];
  /** Open tasks outside of active chunks; null when nobody has looked since something changed. */
  #open: number | null = null;
  /** Why the whole job waits, as the database shows it. */
  #shown: WaitReason | null;
  /** Rises with every change that a claim on its way may have missed. */
  #version = 0;

  constructor({ jobId, runNo }: JobInput, { settings, nextChunkNo, control, wait }: Resumed, requests: RequestQueue) {
    this.run = { jobId, runNo };
    this.chunks = new ActiveChunks(this.run);
    this.control = control;
    this.#settings = settings;
    this.#nextChunkNo = nextChunkNo;
    this.#shown = wait;
    this.#requests = requests;
    this.#pump = new RequestPump(requests, this);
    wakeAt(() => this.#hours.nextChange);
  }

  dispatch(): Dispatch {
    return { settings: this.#settings, priorityKey: this.control.priorityKey };
  }

  applied(requeued: number): void {
    this.#changed();
    if (requeued > 0) this.#claimable = true;
  }

  remainder(): Resumed {
    return {
      settings: this.#settings,
      nextChunkNo: this.#nextChunkNo,
      control: this.control,
      wait: this.#shown,
      seenRequests: this.#requests.seen(),
    };
  }

  /**
   * Works until the run has ended or it is time to continue as new.
   * @param first what chunk 1 has claimed already; it is started before any request is looked at
   */
  async work(first: Claimed | null): Promise<'ended' | 'continues'> {
    if (first) {
      this.#startChunk(first.tasks);
      this.#note(first, []);
    }
    for (;;) {
      await condition(() => this.#next() !== 'wait');
      switch (this.#next()) {
        case 'claim':
          if (await this.#claim(this.#settings.chunkSize)) return 'ended';
          break;
        case 'look':
          if (await this.#claim(0)) return 'ended';
          break;
        case 'show':
          await this.#showWait();
          break;
        case 'end':
          await CancellationScope.nonCancellable(() => this.#end(RUN_ENDED, 'completed'));
          return 'ended';
        case 'continue':
          return 'continues';
      }
    }
  }

  /** Ends a cancelled run: shown at once, ended when every chunk has put down its work. */
  async cancel(): Promise<void> {
    this.refusal = RUN_CANCELED;
    await dbActivities(this.dispatch()).beginCancel(this.run);
    await condition(() => this.#active === 0);
    await this.#end(RUN_CANCELED, 'canceled');
  }

  /**
   * What the main loop can do now. A job that is paused or outside its hours claims nothing, but ends when nothing is
   * left to do.
   */
  #next(): 'claim' | 'look' | 'end' | 'show' | 'continue' | 'wait' {
    const idle = this.#active === 0 && this.#pump.isIdle;
    if (workflowInfo().continueAsNewSuggested) return idle ? 'continue' : 'wait';
    if (this.#mayClaim()) return 'claim';
    if (idle && this.#open === null) return 'look';
    if (idle && this.#open === 0) return 'end';
    return isSame(this.#wait(), this.#shown) ? 'wait' : 'show';
  }

  #mayClaim(): boolean {
    if (this.control.paused !== null || !this.#hours.job.open) return false;
    if (this.#active >= this.#settings.maxActiveChunks) return false;
    return this.#claimable || this.#passedOver.some((nodeId) => this.#hours.isNodeOpen(nodeId));
  }

  /** Why the whole job waits for a time to come: its own hours, or those of nodes without which nothing can be claimed. */
  #wait(): WaitReason | null {
    return this.#active > 0 || this.#open === 0 ? null : this.#hours.waitOf(this.#claimable ? [] : this.#passedOver);
  }

  async #showWait(): Promise<void> {
    const wait = this.#wait();
    const db = dbActivities(this.dispatch());
    // Only shown: when the database refuses for good, the work goes on all the same.
    await CancellationScope.nonCancellable(() => db.recordWait({ ...this.run, wait })).catch(() => undefined);
    this.#shown = wait;
  }

  /**
   * Claims tasks for the next chunk and starts it; true when there was nothing left and the run has ended. Its result is
   * known even when the job is cancelled meanwhile.
   */
  async #claim(size: number): Promise<boolean> {
    const version = this.#version;
    const chunkNo = this.#nextChunkNo;
    const { closedNodes } = this.#hours;
    const mayEnd = this.#active === 0 && this.#pump.isIdle;
    this.isClaiming = true;
    const { ended, ...claimed } = await CancellationScope.nonCancellable(() =>
      dbActivities(this.dispatch()).claimChunk({ ...this.run, chunkNo, size, closedNodes, mayEnd }),
    );
    if (ended) this.refusal = RUN_ENDED;
    // Even one that only looks gets what an earlier attempt has claimed for this chunk.
    else this.#startChunk(claimed.tasks);
    this.isClaiming = false;
    if (ended) {
      await CancellationScope.nonCancellable(() => condition(() => this.#pump.isIdle));
      return true;
    }
    if (version !== this.#version) return false;
    if (size > 0) this.#note(claimed, closedNodes);
    else this.#open = claimed.open;
    return false;
  }

  /** Keeps in mind what a claim of all there was between nodes that are open has left. */
  #note({ tasks, open }: Claimed, closedNodes: readonly string[]): void {
    this.#claimable = tasks.length > 0 && open > 0;
    this.#passedOver = closedNodes;
    this.#open = open;
  }

  /** Starts the next chunk with what it has claimed, if that is anything. */
  #startChunk(tasks: readonly TaskHead[]): void {
    if (tasks.length > 0) void this.#runChunk(this.#nextChunkNo++, tasks);
  }

  /** Never rejects. */
  async #runChunk(chunkNo: number, tasks: readonly TaskHead[]): Promise<void> {
    this.#active++;
    const end = await this.chunks.attend({
      ...this.run,
      chunkNo,
      tasks,
      settings: this.#settings,
      control: this.control,
    });
    if (end === 'lost') await this.#recover(chunkNo);
    this.#active--;
    // A task that was resumed while its chunk paused it waits for somebody now.
    this.#claimable = true;
    this.#changed();
  }

  /** A chunk was terminated: what it had claimed runs again, but not for ever. */
  async #recover(chunkNo: number): Promise<void> {
    const to = ++this.#lostChunks > MAX_LOST_CHUNKS ? 'canceled' : 'pending';
    const db = dbActivities(this.dispatch());
    // When the database refuses for good, the reconciler sees tasks without a workflow.
    await CancellationScope.nonCancellable(() => db.releaseChunk({ ...this.run, chunkNo, to })).catch(() => undefined);
  }

  async #end(refusal: string, outcome: 'completed' | 'canceled'): Promise<void> {
    this.refusal = refusal;
    await condition(() => this.#pump.isIdle);
    await dbActivities(this.dispatch()).endRun({ ...this.run, outcome });
    await condition(() => this.#pump.isIdle);
  }

  #changed(): void {
    this.#version++;
    this.#open = null;
  }
}

function isSame(a: WaitReason | null, b: WaitReason | null): boolean {
  return a?.kind === b?.kind && a?.nodeId === b?.nodeId && a?.until === b?.until;
}

import type { Cause, Gates, PauseMode, Requeue, WaitReason } from '@viaduct/domain';
import type {
  Admission,
  Lease,
  PartRef,
  PlannedPart,
  RunRef,
  RunSettings,
  TaskHead,
  TaskRef,
  Timed,
} from './inputs.ts';

/** What a person asks of a whole job. Cancel of it is Temporal's cancellation. */
export type JobAsk =
  | { readonly action: 'pause'; readonly mode: PauseMode }
  | { readonly action: 'resume' | 'set-schedule' }
  | { readonly action: 'retry'; readonly requeue: Requeue }
  | { readonly action: 'set-priority'; readonly urgent: boolean };

/** What a person asks of some tasks. */
export type TasksAsk =
  { readonly action: 'pause' | 'resume' | 'cancel' } | { readonly action: 'retry'; readonly requeue: Requeue };

/** The tasks that a chunk has claimed, and how many are left. */
export interface Claimed {
  readonly tasks: TaskHead[];
  readonly open: number;
}

/** Bookkeeping, queue `db`. The only writers of the states of jobs and tasks. */
export interface DbActivities {
  /**
   * Marks the run as running and requeues what it is about; `ended` when this run was already over. `first` is what
   * chunk 1 has claimed, as `claimChunk` does; null where not everything is open now, or where somebody has asked something of the run already.
   */
  beginRun(
    run: RunRef,
  ): Promise<{ state: 'running' | 'ended'; settings: RunSettings; gates: Gates; first: Claimed | null }>;
  /** When the work of the job may go on: its schedule and the hours of the nodes that its open tasks involve. */
  readGates(run: RunRef): Promise<Gates>;
  /**
   * Claims the next pending tasks for a chunk, none between nodes that are closed; asking again for the same chunk
   * gives the same tasks. `open` counts tasks neither ended nor claimed by this call, those of closed nodes too.
   * Size 0 claims nothing and only counts. With `mayEnd` a run of which nothing is claimed or open ends as completed,
   * as `endRun` does; `ended` says that it is over.
   */
  claimChunk(
    input: RunRef & { chunkNo: number; size: number; closedNodes: readonly string[]; mayEnd: boolean },
  ): Promise<Claimed & { ended: boolean }>;
  /** Shows why the whole job waits for a time to come; null: it does not. */
  recordWait(input: RunRef & { wait: WaitReason | null }): Promise<void>;
  /**
   * Applies a person's request about the whole job and settles its row: pause | resume begin to show at once, a new
   * schedule or urgency is the job's from then on. `requeued` counts the tasks that `claimChunk` can give out now.
   */
  applyJobRequest(input: RunRef & { requestId: string } & JobAsk): Promise<{ requeued: number }>;
  /**
   * Applies a request about the tasks that its row names. `told` names the chunks that have claimed some of them and
   * have to be told: to put them down (the row is settled when they have), or at a resume that they need not any more.
   * `requeued` as above.
   */
  applyTasksRequest(
    input: RunRef & { requestId: string } & TasksAsk,
  ): Promise<{ told: { chunkNo: number; taskNos: number[] }[]; requeued: number }>;
  /** Settles a request without effect. */
  refuseRequest(input: { requestId: string; reason: string }): Promise<void>;
  /** Shows the job as canceling (first thing after Temporal's cancellation arrived). */
  beginCancel(run: RunRef): Promise<void>;
  /**
   * Groups what the ledger still lacks into parts; unfinished parts on living hosts come back as they are. Marks the
   * task as running: a task that goes on after a pause, and every round after the first, begins here.
   */
  planParts(task: TaskRef): Promise<{ parts: PlannedPart[] }>;
  /**
   * Writes a task's state outside of verify: back to pending (it stays claimed by its chunk, which runs it again after
   * the pause), or paused, canceled, failed with a cause (the chunk lets go of it).
   */
  settleTask(
    task: TaskRef & { to: 'pending' | 'paused' | 'canceled' | 'failure'; cause?: Cause; facts?: CauseFacts },
  ): Promise<void>;
  /**
   * Gives back what a chunk has claimed and not ended, because its nodes are closed or it is gone; or cancels it with
   * the job. A task that somebody wants paused or canceled meanwhile becomes that.
   */
  releaseChunk(input: RunRef & { chunkNo: number; to: 'pending' | 'canceled' }): Promise<void>;
  /** Ends the run, which waits for nothing any more: derives the job's state; cancels what is left when `canceled`. */
  endRun(run: RunRef & { outcome: 'completed' | 'canceled' }): Promise<void>;
}

/** Facts for the sentence of a cause: numbers, node ids, status codes. Never about a patient. */
export type CauseFacts = Readonly<Record<string, string | number>>;

/** What came of letting a node send a small series to a receiver. */
export type MoveTrial =
  /** Asked for and arrived, in instances; `ms` from the request to the last arrival. */
  | { readonly kind: 'arrived'; readonly asked: number; readonly arrived: number; readonly ms: number }
  /** It has no series that is small enough. */
  | { readonly kind: 'no-series' }
  /** Its limits left no room for it in time. */
  | { readonly kind: 'waited'; readonly wait: WaitReason }
  | { readonly kind: 'failed'; readonly cause: Cause; readonly facts?: CauseFacts };

/** Queue `pacs.<source>.find`. */
export interface FindActivities {
  /** Resolves a task to its expected instances, writes them into the ledger and groups them into the first parts. */
  findInstances(task: TaskRef & Timed): Promise<{ expected: number; parts: PlannedPart[] }>;
}

/** Queue `pacs.<destination>.find`. */
export interface VerifyActivities {
  /**
   * Asks the destination, compares with the ledger; on the last round writes the task's final state and manifest.
   * `failed` says why a part could not be finished, for the task's cause when the ledger shows a gap.
   */
  verifyTask(
    task: TaskRef & {
      round: number;
      lastRound: boolean;
      failed?: { readonly cause: Cause; readonly facts?: CauseFacts };
    },
  ): Promise<{ done: boolean; missing: number }>;
}

/** Queue `pacs.<source>.retrieve` (or `host.<id>.admit` for a part that has bytes on a living host). */
export interface AdmitActivities {
  /** Waits for an association slot of the source and room in this host's spool. */
  admitPart(part: PartRef & Timed): Promise<Admission>;
}

/** Queue `host.<id>.retrieve`. */
export interface RetrieveActivities {
  retrievePart(part: PartRef & Timed & { lease: Lease | null }): Promise<{ retrieved: number; missing: number }>;
  /** Lets a node send a small series to the receiver of this host (C-MOVE) and throws away what arrives. */
  tryMove(input: { nodeId: string }): Promise<MoveTrial>;
}
/** Queue `host.<id>.pseudonymize`. */
export interface PseudonymizeActivities {
  pseudonymizePart(part: PartRef): Promise<{ pseudonymized: number; failed: number }>;
}
/** Queue `host.<id>.store`. A destination that is down or full is a result, not an error. */
export interface StoreActivities {
  storePart(
    part: PartRef & Timed,
  ): Promise<{ stored: number; failed: number; blocked?: { cause: Cause; retryAfterMs: number } }>;
}

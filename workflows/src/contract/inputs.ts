import type { Gates, WaitReason } from '@viaduct/domain';

/** Ids and counters only: nothing about a patient travels through Temporal. */
export interface RunRef {
  readonly jobId: string;
  readonly runNo: number;
}
export interface TaskRef extends RunRef {
  readonly taskNo: number;
}
export interface PartRef extends TaskRef {
  readonly partNo: number;
}

/** A step that ends with the cause `window-closed` at `deadlineAt` (ms since 1970; null: no deadline). */
export interface Timed {
  readonly deadlineAt: number | null;
}

/** Time-outs and sizes of a run, read once by `beginRun`, so that a change of configuration is deterministic. */
export interface RunSettings {
  /** Tasks of a chunk (temporal.md §3). */
  readonly chunkSize: number;
  readonly maxActiveChunks: number;
  /** Tasks running at once in one chunk. */
  readonly window: number;
  /** Parts of one task overlapping. */
  readonly partWindow: number;
  /** Rounds of find gaps → retrieve again before a task ends as failure. */
  readonly maxRounds: number;
  readonly heartbeatTimeoutMs: number;
  /** How long a host's queue may stay unserved before its part is admitted elsewhere. */
  readonly hostLostAfterMs: number;
  /** First delay of the server's own retry after a lost worker. */
  readonly retryIntervalMs: number;
}

/** Temporal priority keys: 1 urgent, 3 normal, 5 backfill. */
export type PriorityKey = 1 | 3 | 5;

/** A server that is to be tried, and the hosts to whose receivers it shall send. */
export interface TryMoveInput {
  readonly nodeId: string;
  readonly hostIds: readonly string[];
}

export interface JobInput extends RunRef {
  readonly priorityKey: PriorityKey;
  /** Present after continue-as-new. */
  readonly resumed?: {
    readonly settings: RunSettings;
    readonly nextChunkNo: number;
    readonly control: JobControl;
    /** Why the whole job waits, as it is shown. */
    readonly wait: WaitReason | null;
    /** Ids of the latest requests, so that one delivered twice is still ignored. */
    readonly seenRequests: readonly string[];
  };
}

/** What people have asked of the whole job so far, and when its work may go on. */
export interface JobControl {
  readonly paused: 'interrupt' | 'drain' | null;
  readonly priorityKey: PriorityKey;
  readonly gates: Gates;
}

/** A task as its chunk needs it: where its queues are and which steps it has. */
export interface TaskHead {
  readonly taskNo: number;
  readonly sourceId: string;
  readonly destinationId: string;
  readonly pseudonymize: boolean;
  /** Its expected instances are in the ledger already: find is not asked again. */
  readonly found?: boolean;
}

export interface ChunkInput extends RunRef {
  readonly chunkNo: number;
  readonly tasks: readonly TaskHead[];
  readonly settings: RunSettings;
  readonly control: JobControl;
}

/** A part as planned; `hostId` names the host whose spool already holds bytes of it and is alive. */
export interface PlannedPart {
  readonly partNo: number;
  readonly hostId: string | null;
}

/** A fenced association slot of the source. Null when nothing has to be asked of the source any more. */
export interface Lease {
  readonly nodeId: string;
  readonly slotNo: number;
  readonly fence: string;
}

export interface Admission {
  readonly hostId: string;
  readonly lease: Lease | null;
}

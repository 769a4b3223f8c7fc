import { ApplicationFailure } from '@temporalio/common';
import type { RunSettings, TaskRef } from '../contract/index.ts';
import type { Mocks } from './activities.ts';

export const JOB_ID = '0190aaaa-0000-7000-8000-000000000001';
export const SOURCE_ID = '0190aaaa-0000-7000-8000-00000000000a';
export const DESTINATION_ID = '0190aaaa-0000-7000-8000-00000000000b';

type State = 'pending' | 'running' | 'paused' | 'canceled' | 'success' | 'failure';

/** One task as the mock database sees it. */
export interface MockTask {
  readonly taskNo: number;
  state: State;
  chunkNo: number | null;
  wanted: 'pause' | 'cancel' | null;
  cause: string | null;
  readonly parts: { stored: boolean; hostId: string | null }[];
}

/** Sizes and durations of the mock world; durations in ms. */
export interface HouseOptions {
  readonly tasks?: number;
  readonly partsPerTask?: number;
  readonly settings?: Partial<RunSettings>;
  readonly hosts?: readonly string[];
  readonly partMs?: number;
  readonly askMs?: number;
}

const SETTINGS: RunSettings = {
  chunkSize: 10,
  maxActiveChunks: 3,
  window: 4,
  partWindow: 2,
  maxRounds: 3,
  heartbeatTimeoutMs: 15_000,
  hostLostAfterMs: 300_000,
  retryIntervalMs: 5_000,
};

const hasEnded = ({ state }: MockTask) => state === 'canceled' || state === 'success' || state === 'failure';

/**
 * A mock of everything behind the activities: tasks, claims, requests and parts, with the semantics that the contract
 * promises. `mocks` may be overridden one by one.
 */
export class House {
  readonly tasks: Map<number, MockTask>;
  readonly settings: RunSettings;
  /** Answer per request: applied, noted until the chunk has carried it out, or the reason of its refusal. */
  readonly requests = new Map<string, string>();
  /** What was done to parts at the destination, and when tasks changed: for assertions about the order. */
  readonly journal: string[] = [];
  readonly hosts: Set<string>;
  readonly claims: number[] = [];
  run: 'requested' | 'running' | 'completed' | 'canceled' | 'ended' = 'requested';
  canceling = false;
  mocks: Mocks;
  /** Highest number of tasks and chunks that were at work at the same time. */
  readonly peak = { running: 0, chunks: 0 };
  readonly #partMs: number;
  readonly #askMs: number;
  #turn = 0;

  constructor(options: HouseOptions = {}) {
    const { tasks = 1, partsPerTask = 1, settings, hosts = ['h1'], partMs = 2_000, askMs = 50 } = options;
    this.settings = { ...SETTINGS, ...settings };
    this.hosts = new Set(hosts);
    this.#partMs = partMs;
    this.#askMs = askMs;
    this.tasks = new Map(
      Array.from({ length: tasks }, (_, index) => [index + 1, newTask(index + 1, partsPerTask)] as const),
    );
    this.mocks = this.#mocks();
  }

  task(taskNo: number): MockTask {
    const task = this.tasks.get(taskNo);
    if (!task) throw ApplicationFailure.nonRetryable('no such task', 'internal');
    return task;
  }

  /** How many tasks are in a state. */
  count(state: State): number {
    return [...this.tasks.values()].filter((task) => task.state === state).length;
  }

  #set({ taskNo }: TaskRef, state: State): void {
    const task = this.task(taskNo);
    if (task.state !== state) this.journal.push(`${taskNo} ${state}`);
    task.state = state;
    const claimed = [...this.tasks.values()].filter((each) => each.chunkNo !== null && !hasEnded(each));
    this.peak.running = Math.max(this.peak.running, this.count('running'));
    this.peak.chunks = Math.max(this.peak.chunks, new Set(claimed.map(({ chunkNo }) => chunkNo)).size);
  }

  #requeue(wanted: (task: MockTask) => boolean): number {
    const chosen = [...this.tasks.values()].filter(wanted);
    for (const task of chosen) Object.assign(task, { state: 'pending', chunkNo: null, wanted: null, cause: null });
    return chosen.length;
  }

  #mocks(): Mocks {
    return { ...this.#runMocks(), ...this.#requestMocks(), ...this.#taskMocks(), ...this.#partMocks() };
  }

  #runMocks(): Pick<Mocks, 'beginRun' | 'claimChunk' | 'releaseChunk' | 'beginCancel' | 'endRun'> {
    return {
      beginRun: async () => {
        if (this.run === 'requested') this.run = 'running';
        return { state: this.run === 'running' ? 'running' : 'ended', settings: this.settings };
      },
      claimChunk: async ({ chunkNo, size }) => {
        const all = [...this.tasks.values()];
        const claimed = all.filter((task) => task.chunkNo === chunkNo);
        const free = all.filter((task) => task.chunkNo === null && task.state === 'pending');
        const tasks = claimed.length > 0 ? claimed : free.slice(0, size);
        for (const task of tasks) task.chunkNo = chunkNo;
        if (tasks.length > 0) this.claims.push(tasks.length);
        return {
          tasks: tasks.map(({ taskNo }) => ({
            taskNo,
            sourceId: SOURCE_ID,
            destinationId: DESTINATION_ID,
            pseudonymize: true,
          })),
          open: all.filter((task) => task.state === 'paused' || (task.state === 'pending' && task.chunkNo === null))
            .length,
        };
      },
      releaseChunk: async ({ chunkNo, to }) => {
        for (const task of this.tasks.values()) {
          if (task.chunkNo !== chunkNo || hasEnded(task)) continue;
          Object.assign(task, { state: to, chunkNo: null });
        }
        this.journal.push(`chunk ${chunkNo} ${to}`);
      },
      beginCancel: async () => {
        this.canceling = true;
        this.journal.push('canceling');
      },
      endRun: async ({ outcome }) => {
        for (const task of this.tasks.values()) {
          if (!hasEnded(task)) task.state = outcome === 'canceled' ? 'canceled' : 'failure';
        }
        this.run = outcome;
        this.journal.push(`run ${outcome}`);
      },
    };
  }

  #requestMocks(): Pick<Mocks, 'applyJobRequest' | 'applyTaskRequest' | 'refuseRequest'> {
    return {
      applyJobRequest: async ({ requestId, action }) => {
        this.requests.set(requestId, 'applied');
        this.journal.push(action);
        if (action === 'pause') return { requeued: 0 };
        const from = action === 'resume' ? ['paused'] : ['failure', 'canceled'];
        return { requeued: this.#requeue(({ state }) => from.includes(state)) };
      },
      applyTaskRequest: async ({ requestId, taskNo, action }) => {
        const task = this.task(taskNo);
        this.requests.set(requestId, 'applied');
        this.journal.push(`${action} ${taskNo}`);
        if (action === 'retry-failed')
          return { chunkNo: null, requeued: this.#requeue((each) => each === task && hasEnded(each)) };
        if (action === 'resume') {
          const waking = task.wanted === 'pause' ? 1 : 0;
          task.wanted = null;
          return {
            chunkNo: null,
            requeued: waking + this.#requeue((each) => each === task && each.state === 'paused'),
          };
        }
        if (task.chunkNo === null) task.state = action === 'pause' ? 'paused' : 'canceled';
        else task.wanted = action;
        return { chunkNo: task.chunkNo, requeued: 0 };
      },
      refuseRequest: async ({ requestId, reason }) => {
        this.requests.set(requestId, reason);
      },
    };
  }

  #taskMocks(): Pick<Mocks, 'settleTask' | 'planParts' | 'findInstances' | 'verifyTask'> {
    return {
      settleTask: async ({ to, cause, ...ref }) => {
        const task = this.task(ref.taskNo);
        if (hasEnded(task)) return;
        this.#set(ref, to === 'paused' && task.wanted === null ? 'pending' : to);
        task.cause = cause ?? null;
        if (to !== 'pending') task.wanted = null;
        if (to === 'paused') task.chunkNo = null;
      },
      findInstances: async (ref, { sleep }) => {
        this.#set(ref, 'running');
        await sleep(this.#askMs);
        return { expected: 100 };
      },
      planParts: async (ref) => {
        this.#set(ref, 'running');
        const { parts } = this.task(ref.taskNo);
        return {
          parts: parts.flatMap(({ stored, hostId }, index) =>
            stored ? [] : [{ partNo: index + 1, hostId: hostId && this.hosts.has(hostId) ? hostId : null }],
          ),
        };
      },
      verifyTask: async ({ lastRound, failed, ...ref }, { sleep }) => {
        await sleep(this.#askMs);
        const task = this.task(ref.taskNo);
        const missing = task.parts.filter(({ stored }) => !stored).length;
        if (missing > 0) task.cause = failed?.cause ?? 'instance-withheld';
        if (missing === 0 || lastRound) this.#set(ref, missing === 0 ? 'success' : 'failure');
        return { done: missing === 0, missing };
      },
    };
  }

  #partMocks(): Pick<Mocks, 'admitPart' | 'retrievePart' | 'pseudonymizePart' | 'storePart'> {
    return {
      admitPart: async ({ taskNo, partNo }, { queue, sleep }) => {
        await sleep(this.#askMs);
        const hosts = [...this.hosts];
        const hostId = /^host\.(.+)\.admit$/.exec(queue)?.[1] ?? hosts[this.#turn++ % hosts.length] ?? 'nobody';
        const part = this.task(taskNo).parts[partNo - 1];
        if (part) part.hostId = hostId;
        return { hostId, lease: { nodeId: SOURCE_ID, slotNo: 1, fence: '1' } };
      },
      retrievePart: async (_part, { sleep }) => {
        await sleep(this.#partMs / 2);
        return { retrieved: 100, missing: 0 };
      },
      pseudonymizePart: async (_part, { sleep }) => {
        await sleep(this.#partMs / 2);
        return { pseudonymized: 100, failed: 0 };
      },
      storePart: async ({ taskNo, partNo }, { sleep }) => {
        await sleep(this.#partMs);
        const part = this.task(taskNo).parts[partNo - 1];
        if (part) part.stored = true;
        this.journal.push(`${taskNo}.${partNo} stored`);
        return { stored: 100, failed: 0 };
      },
    };
  }
}

function newTask(taskNo: number, parts: number): MockTask {
  return {
    ...{ taskNo, state: 'pending', chunkNo: null, wanted: null, cause: null },
    parts: Array.from({ length: parts }, () => ({ stored: false, hostId: null })),
  };
}

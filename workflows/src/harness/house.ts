import { ApplicationFailure } from '@temporalio/common';
import { ALWAYS, type Ends, type Gates, type Schedule, type WaitReason } from '@viaduct/domain';
import type { Claimed, RequestMessage, RunSettings } from '../contract/index.ts';
import type { Mocks } from './activities.ts';
import { hasEnded, newTask, type MockState, type MockTask, type Moment } from './ledger.ts';
import { requestMocks } from './requests.ts';
import { stepMocks } from './steps.ts';

export const JOB_ID = '0190aaaa-0000-7000-8000-000000000001';
export const SOURCE_ID = '0190aaaa-0000-7000-8000-00000000000a';
export const DESTINATION_ID = '0190aaaa-0000-7000-8000-00000000000b';

/** Sizes and durations of the mock world; durations in ms. */
export interface HouseOptions {
  readonly tasks?: number;
  readonly partsPerTask?: number;
  /** Instances of a part: what is interrupted goes on at the next one. */
  readonly instances?: number;
  readonly settings?: Partial<RunSettings>;
  readonly hosts?: readonly string[];
  /** What half of retrieve, half of pseudonymize and all of store take for a part. */
  readonly partMs?: number;
  readonly askMs?: number;
  readonly gates?: Partial<Gates>;
  /** The nodes of a task, `SOURCE_ID` and `DESTINATION_ID` by default. */
  readonly endsOf?: (taskNo: number) => Partial<Ends>;
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

const NOBODY: Ends = { sourceId: SOURCE_ID, destinationId: DESTINATION_ID };

/**
 * A mock of everything behind the activities: tasks, claims, hours, requests and parts, with the semantics that the
 * contract promises. `mocks` may be overridden one by one.
 */
export class House {
  readonly tasks: Map<number, MockTask>;
  readonly settings: RunSettings;
  /** When the work may go on, as the database knows it. A test that changes it has to signal the job. */
  gates: Gates;
  /** Why the whole job waited, whenever that was recorded. */
  readonly waits: (WaitReason | null)[] = [];
  /** State per request: taken until its tasks have been put down, applied, or the reason of its refusal. */
  readonly requests = new Map<string, string>();
  /** Columns of request rows: the tasks that are meant, the schedule that is asked for. */
  readonly rows = new Map<string, { readonly taskNos?: readonly number[]; readonly schedule?: Schedule }>();
  /** What was done to parts at the destination, and when tasks changed: for assertions about the order. */
  readonly journal: string[] = [];
  /** Every instance that was asked of the source. */
  readonly retrieved: Moment[] = [];
  readonly hosts: Set<string>;
  readonly claims: number[] = [];
  run: 'requested' | 'running' | 'completed' | 'canceled' | 'ended' = 'requested';
  canceling = false;
  mocks: Mocks;
  /** Highest number of tasks and chunks that were at work at the same time. */
  readonly peak = { running: 0, chunks: 0 };

  constructor(options: HouseOptions = {}) {
    const { tasks = 1, partsPerTask = 1, settings, hosts = ['h1'], gates, endsOf = () => ({}) } = options;
    this.settings = { ...SETTINGS, ...settings };
    this.hosts = new Set(hosts);
    const numbers = Array.from({ length: tasks }, (_, index) => index + 1);
    this.tasks = new Map(
      numbers.map((taskNo) => [taskNo, newTask(taskNo, partsPerTask, { ...NOBODY, ...endsOf(taskNo) })]),
    );
    const ids = new Set([...this.tasks.values()].flatMap(({ sourceId, destinationId }) => [sourceId, destinationId]));
    const nodes = [...ids].map((id) => ({ id, windows: null, suspended: false }));
    this.gates = { schedule: ALWAYS, urgent: false, nodes, ...gates };
    this.mocks = { ...this.#runMocks(), ...requestMocks(this), ...stepMocks(this, options) };
  }

  task(taskNo: number): MockTask {
    const task = this.tasks.get(taskNo);
    if (!task) throw ApplicationFailure.nonRetryable('no such task', 'internal');
    return task;
  }

  /** How many tasks are in a state. */
  count(state: MockState): number {
    return [...this.tasks.values()].filter((task) => task.state === state).length;
  }

  /** Writes the row of a request about some tasks; the message that goes with it. */
  about(requestId: string, taskNos: readonly number[]): RequestMessage {
    this.rows.set(requestId, { taskNos });
    return { requestId, tasks: true };
  }

  /** Writes the row of a request for a new schedule; the message that goes with it. */
  scheduled(requestId: string, schedule: Partial<Schedule>): RequestMessage {
    this.rows.set(requestId, { schedule: { ...ALWAYS, ...schedule } });
    return { requestId };
  }

  /** Changes the hours of a node, or whether it is suspended. */
  changeNode(nodeId: string, change: Partial<Omit<Gates['nodes'][number], 'id'>>): void {
    const nodes = this.gates.nodes.map((node) => (node.id === nodeId ? { ...node, ...change } : node));
    this.gates = { ...this.gates, nodes };
  }

  /** Shows a task in a state, and settles what was asked for it when nobody works on it any more. */
  show(task: MockTask, state: MockState): void {
    if (task.state !== state) this.journal.push(`${task.taskNo} ${state}`);
    task.state = state;
    const claimed = [...this.tasks.values()].filter((each) => each.chunkNo !== null && !hasEnded(each));
    this.peak.running = Math.max(this.peak.running, this.count('running'));
    this.peak.chunks = Math.max(this.peak.chunks, new Set(claimed.map(({ chunkNo }) => chunkNo)).size);
  }

  #runMocks(): Pick<
    Mocks,
    'beginRun' | 'readGates' | 'claimChunk' | 'recordWait' | 'releaseChunk' | 'beginCancel' | 'endRun'
  > {
    return {
      beginRun: async (run, world) => {
        if (this.run === 'requested') this.run = 'running';
        const { gates, settings } = this;
        if (this.run !== 'running') return { state: 'ended', settings, gates, first: null };
        const isAlways = gates.schedule.notBefore === null && gates.schedule.windows === null;
        const isOpen = isAlways && gates.nodes.every(({ windows, suspended }) => windows === null && !suspended);
        const claim = { ...run, chunkNo: 1, size: settings.chunkSize, closedNodes: [], mayEnd: false };
        return { state: 'running', settings, gates, first: isOpen ? await this.mocks.claimChunk(claim, world) : null };
      },
      readGates: async () => this.gates,
      claimChunk: async ({ chunkNo, size, closedNodes, mayEnd }) => {
        if (this.run !== 'running') return { tasks: [], open: 0, ended: true };
        const claimed = this.#claim(chunkNo, size, closedNodes);
        const ended = mayEnd && claimed.tasks.length === 0 && claimed.open === 0;
        if (ended) this.#end('completed');
        return { ...claimed, ended };
      },
      recordWait: async ({ wait }) => {
        this.waits.push(wait);
      },
      releaseChunk: async ({ chunkNo, to }) => {
        for (const task of this.tasks.values()) {
          if (task.chunkNo !== chunkNo || hasEnded(task)) continue;
          const wanted = task.wanted === null ? 'pending' : task.wanted === 'pause' ? 'paused' : 'canceled';
          Object.assign(task, { state: to === 'canceled' ? to : wanted, chunkNo: null, wanted: null });
        }
        this.journal.push(`chunk ${chunkNo} ${to}`);
      },
      beginCancel: async () => {
        this.canceling = true;
        this.journal.push('canceling');
      },
      endRun: async ({ outcome }) => {
        if (this.run === 'running') this.#end(outcome);
      },
    };
  }

  #claim(chunkNo: number, size: number, closedNodes: readonly string[]): Claimed {
    const all = [...this.tasks.values()];
    const claimed = all.filter((task) => task.chunkNo === chunkNo);
    const free = all.filter((task) => task.chunkNo === null && task.state === 'pending' && !task.inReview);
    const allowed = free.filter(
      ({ sourceId, destinationId }) => !closedNodes.includes(sourceId) && !closedNodes.includes(destinationId),
    );
    const tasks = claimed.length > 0 ? claimed : allowed.slice(0, size);
    for (const task of tasks) task.chunkNo = chunkNo;
    if (tasks.length > 0) this.claims.push(tasks.length);
    return {
      tasks: tasks.map(({ taskNo, sourceId, destinationId }) => ({
        ...{ taskNo, sourceId, destinationId },
        pseudonymize: true,
      })),
      open: all.filter((task) => task.state === 'paused' || (task.state === 'pending' && task.chunkNo === null)).length,
    };
  }

  #end(outcome: 'completed' | 'canceled'): void {
    for (const task of this.tasks.values()) {
      if (!hasEnded(task)) task.state = outcome === 'canceled' ? 'canceled' : 'failure';
    }
    this.run = outcome;
    this.journal.push(`run ${outcome}`);
  }
}

import {
  Client,
  Connection,
  type WorkflowHandle,
  type WorkflowHandleWithFirstExecutionRunId,
} from '@temporalio/client';
import { WorkflowNotFoundError, type DataConverter } from '@temporalio/common';
import proto from '@temporalio/proto';
import { startTemporal, waitFor } from '@viaduct/testing';
import { failureConverterPath } from '../contract/codec.ts';
import {
  chunkWorkflowId,
  JOB_WORKFLOW,
  JOBS_QUEUE,
  jobWorkflowId,
  NAMESPACE,
  type PriorityKey,
} from '../contract/index.ts';
import type { jobWorkflow } from '../workflows.ts';
import type { Mocks } from './activities.ts';
import { House, type HouseOptions } from './house.ts';
import { ourBundle } from './scene.ts';
import { MockWorkers } from './workers.ts';

const STARTED = proto.temporal.api.enums.v1.PendingActivityState.PENDING_ACTIVITY_STATE_STARTED;

/** Times short enough for tests; still long enough for a machine with other things to do. */
const SETTINGS = { heartbeatTimeoutMs: 2_000, retryIntervalMs: 200, hostLostAfterMs: 2_000 } as const;

/** A real server with real workers whose activities are mocks. */
export interface Stage extends AsyncDisposable {
  readonly client: Client;
  readonly address: string;
  /** A new mock world with its workers, and a job started in it. */
  play(options?: PlayOptions): Promise<Play>;
}

export interface PlayOptions extends HouseOptions {
  readonly priorityKey?: PriorityKey;
  readonly prepare?: (house: House) => void;
  /** Parts that are admitted at the same time, 100 by default. */
  readonly admits?: number;
}

export type Job = WorkflowHandleWithFirstExecutionRunId<typeof jobWorkflow>;

/** One job in its mock world. */
export interface Play extends AsyncDisposable {
  readonly house: House;
  readonly job: Job;
  readonly workers: MockWorkers;
  chunkId(chunkNo: number): string;
  /** Starts another job among the same workers; the mocks have to tell them apart. */
  another(jobId: string, priorityKey: PriorityKey): Promise<Job>;
  /** Waits until an attempt of an activity of chunk 1 runs. */
  waitForActivity(name: keyof Mocks): Promise<void>;
  /** The runs of a workflow, oldest first. */
  runsOf(workflowId: string): Promise<WorkflowHandle[]>;
  /** Waits until something holds in the mock world. */
  until(condition: () => boolean, what?: string, deadlineMs?: number): Promise<void>;
  /** Replaces the workflow worker by a new one, which knows nothing of running workflows. */
  replaceWorkflowWorker(): Promise<void>;
}

export interface StageOptions {
  /** Events of a run after which the server suggests to continue as new. */
  readonly suggestContinueAsNew?: number;
  /** Without codec by default, so that histories can be read. */
  readonly converter?: DataConverter;
}

/** Starts a server of its own: the queues have fixed names. */
export async function startStage(options: StageOptions = {}): Promise<Stage> {
  const { suggestContinueAsNew, converter = { failureConverterPath } } = options;
  const server = await startTemporal({
    namespace: NAMESPACE,
    dynamicConfig: suggestContinueAsNew ? { 'limit.historyCount.suggestContinueAsNew': suggestContinueAsNew } : {},
  });
  const connection = await Connection.connect({ address: server.address });
  const client = new Client({ connection, namespace: NAMESPACE, dataConverter: converter });
  let plays = 0;
  return {
    client,
    address: server.address,
    play: (playOptions = {}) => play(client, server.address, converter, `job-${++plays}`, playOptions),
    [Symbol.asyncDispose]: async () => {
      await connection.close();
      await server[Symbol.asyncDispose]();
    },
  };
}

async function play(
  client: Client,
  address: string,
  converter: DataConverter,
  jobId: string,
  { priorityKey = 3, prepare, admits, ...options }: PlayOptions,
): Promise<Play> {
  const settings = { ...SETTINGS, ...options.settings };
  const house = new House({ partMs: 200, askMs: 10, ...options, settings });
  prepare?.(house);
  const workers = await MockWorkers.connect(address, converter, house.mocks);
  const code = await ourBundle();
  let endWorkflowWorker = await workers.serveWorkflows(code);
  await Promise.all([workers.serveNodes(admits), workers.serveHost('h1')]);
  return {
    house,
    workers,
    job: await startJob(client, jobId, priorityKey),
    another: (id, key) => startJob(client, id, key),
    chunkId: (chunkNo) => chunkWorkflowId(jobId, 1, chunkNo),
    runsOf: (workflowId) => runsOf(client, workflowId),
    until: async (condition, what, deadlineMs = 20_000) => {
      await waitFor(condition, { deadlineMs, what });
    },
    waitForActivity: async (name) => {
      const chunk = client.workflow.getHandle(chunkWorkflowId(jobId, 1, 1));
      await waitFor(() => isRunning(chunk, name), { deadlineMs: 20_000, what: name });
    },
    replaceWorkflowWorker: async () => {
      await endWorkflowWorker();
      endWorkflowWorker = await workers.serveWorkflows(code);
    },
    [Symbol.asyncDispose]: () => workers[Symbol.asyncDispose](),
  };
}

function startJob(client: Client, jobId: string, priorityKey: PriorityKey): Promise<Job> {
  return client.workflow.start<typeof jobWorkflow>(JOB_WORKFLOW, {
    workflowId: jobWorkflowId(jobId, 1),
    taskQueue: JOBS_QUEUE,
    priority: { priorityKey },
    args: [{ jobId, runNo: 1, priorityKey }],
  });
}

/** Whether an attempt of an activity runs now; a workflow that is not there yet runs none. */
async function isRunning(workflow: WorkflowHandle, name: keyof Mocks): Promise<boolean> {
  const description = await workflow.describe().catch((error: unknown) => {
    if (error instanceof WorkflowNotFoundError) return null;
    throw error;
  });
  const pending = description?.raw.pendingActivities ?? [];
  return pending.some(({ activityType, state }) => activityType?.name === name && state === STARTED);
}

async function runsOf(client: Client, workflowId: string): Promise<WorkflowHandle[]> {
  const { runId } = await client.workflow.getHandle(workflowId).describe();
  const handles = [client.workflow.getHandle(workflowId, runId)];
  for (let before = await runBefore(handles[0]); before; before = await runBefore(handles[0])) {
    handles.unshift(client.workflow.getHandle(workflowId, before));
  }
  return handles;
}

/** The run that continued as this one. */
async function runBefore(handle: WorkflowHandle | undefined): Promise<string | undefined> {
  const history = await handle?.fetchHistory();
  return history?.events?.[0]?.workflowExecutionStartedEventAttributes?.continuedExecutionRunId || undefined;
}

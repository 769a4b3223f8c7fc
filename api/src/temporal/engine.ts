import {
  Client,
  Connection,
  isGrpcServiceError,
  type TLSConfig,
  WorkflowExecutionAlreadyStartedError,
  WorkflowNotFoundError,
} from '@temporalio/client';
import { dataConverter } from '@viaduct/workflows/codec';
import {
  JOB_WORKFLOW,
  JOBS_QUEUE,
  jobWorkflowId,
  type JobInput,
  type MoveTrial,
  PAYLOAD_KEY_ID,
  TRY_MOVE_WORKFLOW,
  tryMoveWorkflowId,
  type TryMoveInput,
} from '@viaduct/workflows/contract';

/** No call to the engine takes longer, ms. */
const DEADLINE_MS = 10_000;
/** How soon a lost connection is tried again, ms; the default of gRPC would grow to two minutes. */
const MAX_RECONNECT_MS = 2_000;
/** A trial ends by itself before that, ms. */
const TRIAL_WITHIN_MS = 115_000;

/** What the engine knows about a workflow. */
export type WorkflowState = 'running' | 'completed' | 'canceled' | 'failed' | 'unknown';

/** What this room asks of Temporal. Only the outbox and the reconciler write to it; `tryMove` moves nothing of a job. */
export interface Engine extends AsyncDisposable {
  /** Starts a run of a job; one that was started before counts as started. */
  start(input: JobInput): Promise<void>;
  /** Delivers a message; false when the workflow is not there or has ended. */
  signal(workflowId: string, signalName: string, message: unknown): Promise<boolean>;
  /** Asks for cancellation; false when the workflow is not there. The cancel of one that has ended does nothing. */
  cancel(workflowId: string): Promise<boolean>;
  /** Ends a workflow at once, without its own clean-up; false when it is not there or has ended. */
  terminate(workflowId: string): Promise<boolean>;
  /** Lets a node send a small series to the receivers of some hosts; joins a trial of the node that runs. */
  tryMove(input: TryMoveInput): Promise<Readonly<Record<string, MoveTrial>>>;
  describe(workflowId: string): Promise<WorkflowState>;
  /** Ids of the job workflows that run. */
  running(): AsyncIterable<string>;
  /** Throws when the server does not answer within `ms`. */
  check(ms: number): Promise<void>;
}

/** Where the engine is, and the key of what it is told. */
export interface EngineOptions {
  readonly address: string;
  readonly namespace: string;
  /** Without it the connection is not encrypted. */
  readonly tls?: TLSConfig;
  readonly payloadKey: Uint8Array;
}

/** Connects at the first call, and again whenever the server has been away. */
export function openEngine({ address, namespace, tls, payloadKey }: EngineOptions): Engine {
  const connection = Connection.lazy({
    address,
    tls,
    channelArgs: {
      'grpc.initial_reconnect_backoff_ms': 200,
      'grpc.max_reconnect_backoff_ms': MAX_RECONNECT_MS,
      'grpc.keepalive_time_ms': 30_000,
    },
  });
  const client = new Client({
    connection,
    namespace,
    dataConverter: dataConverter([{ id: PAYLOAD_KEY_ID, key: payloadKey }]),
  });
  const soon = <T>(call: () => Promise<T>) => connection.withDeadline(Date.now() + DEADLINE_MS, call);
  const unlessGone = async (call: () => Promise<unknown>): Promise<boolean> => {
    try {
      await soon(call);
      return true;
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return false;
      throw error;
    }
  };

  return {
    async start(input) {
      try {
        await soon(() =>
          client.workflow.start(JOB_WORKFLOW, {
            workflowId: jobWorkflowId(input.jobId, input.runNo),
            taskQueue: JOBS_QUEUE,
            args: [input],
            workflowIdReusePolicy: 'REJECT_DUPLICATE',
            workflowIdConflictPolicy: 'USE_EXISTING',
            priority: { priorityKey: input.priorityKey },
          }),
        );
      } catch (error) {
        if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
      }
    },
    signal: (workflowId, signalName, message) =>
      unlessGone(() => client.workflow.getHandle(workflowId).signal(signalName, message)),
    cancel: (workflowId) => unlessGone(() => client.workflow.getHandle(workflowId).cancel()),
    terminate: (workflowId) => unlessGone(() => client.workflow.getHandle(workflowId).terminate()),
    tryMove: (input) =>
      connection.withDeadline(Date.now() + TRIAL_WITHIN_MS, () =>
        client.workflow.execute(TRY_MOVE_WORKFLOW, {
          workflowId: tryMoveWorkflowId(input.nodeId),
          taskQueue: JOBS_QUEUE,
          args: [input],
          workflowExecutionTimeout: TRIAL_WITHIN_MS,
          workflowIdConflictPolicy: 'USE_EXISTING',
        }),
      ),
    async describe(workflowId) {
      try {
        const { status } = await soon(() => client.workflow.getHandle(workflowId).describe());
        switch (status.name) {
          case 'RUNNING':
          case 'PAUSED':
          case 'CONTINUED_AS_NEW':
            return 'running';
          case 'COMPLETED':
            return 'completed';
          case 'CANCELLED':
            return 'canceled';
          default:
            return 'failed';
        }
      } catch (error) {
        if (error instanceof WorkflowNotFoundError) return 'unknown';
        throw error;
      }
    },
    async *running() {
      const query = `WorkflowType = '${JOB_WORKFLOW}' AND ExecutionStatus = 'Running'`;
      for await (const { workflowId } of client.workflow.list({ query })) yield workflowId;
    },
    async check(ms) {
      await connection.withDeadline(Date.now() + ms, () => connection.workflowService.describeNamespace({ namespace }));
    },
    async [Symbol.asyncDispose]() {
      await connection.close();
    },
  };
}

/** A short name for what went wrong with the engine, fit for the log and the outbox. */
export function engineError(error: unknown): string {
  if (isGrpcServiceError(error)) return `grpc ${error.code}`;
  const cause = error instanceof Error ? error.cause : undefined;
  if (isGrpcServiceError(cause)) return `grpc ${cause.code}`;
  return error instanceof Error ? error.name : typeof error;
}

import { setTimeout as delay } from 'node:timers/promises';
import type { DataConverter } from '@temporalio/common';
import { NativeConnection, type NativeConnectionOptions, Worker, type WorkerOptions } from '@temporalio/worker';
import { workflowBundle } from '@viaduct/workflows/bundle';
import { DB_QUEUE, hostQueue, JOBS_QUEUE } from '@viaduct/workflows/contract';
import type { Logger } from 'pino';
import type { Activities } from '../activities.ts';
import type { RunningWorker, WorkerPlan } from './fleet.ts';

const RECONNECT_MS = 1_000;
const WORKFLOWS_CACHED = 200;
/** Activities are told at once that the worker ends; whoever has not put down its work by then is cut off. */
const SHUTDOWN_GRACE = '200ms';
const SHUTDOWN_FORCE = '15s';

/** Connects to the Temporal server, waiting for it as long as it takes. Rejects with the signal's reason. */
export async function connectTemporal(
  { address, tls }: Pick<NativeConnectionOptions, 'address' | 'tls'>,
  log: Logger,
  signal: AbortSignal,
): Promise<NativeConnection> {
  for (let told = false; ; told = true) {
    signal.throwIfAborted();
    try {
      return await NativeConnection.connect({ address, tls });
    } catch {
      if (!told) log.warn({ address }, 'the Temporal server does not answer yet');
    }
    await delay(RECONNECT_MS, undefined, { signal });
  }
}

export interface WorkerContext {
  readonly connection: NativeConnection;
  readonly namespace: string;
  readonly hostId: string;
  readonly activities: Activities;
  readonly dataConverter: DataConverter;
}

/** What starts the worker of a queue: for workflows, or for the activities that belong there. */
export function workerStarter(context: WorkerContext): (plan: WorkerPlan) => Promise<RunningWorker> {
  const { connection, namespace, hostId, dataConverter } = context;
  return async ({ taskQueue, slots }) => {
    const options: WorkerOptions = {
      connection,
      namespace,
      taskQueue,
      dataConverter,
      identity: hostId,
      shutdownGraceTime: SHUTDOWN_GRACE,
      shutdownForceTime: SHUTDOWN_FORCE,
    };
    const worker = await Worker.create(
      taskQueue === JOBS_QUEUE
        ? {
            ...options,
            workflowBundle: { codePath: await workflowBundle() },
            maxCachedWorkflows: WORKFLOWS_CACHED,
            // What a killed worker had cached goes to another one this much later; the default costs 10 s each time.
            stickyQueueScheduleToStartTimeout: '2s',
          }
        : {
            ...options,
            activities: activitiesOf(context, taskQueue),
            maxConcurrentActivityTaskExecutions: slots,
            maxConcurrentActivityTaskPolls: Math.min(2, slots),
            // Cancellation comes with the answer to a heartbeat: a second is what a person may wait for it.
            maxHeartbeatThrottleInterval: '1s',
            defaultHeartbeatThrottleInterval: '1s',
          },
    );
    return { done: worker.run(), shutdown: () => shutdown(worker) };
  };
}

function shutdown(worker: Worker): void {
  if (worker.getState() === 'RUNNING') worker.shutdown();
}

function activitiesOf({ hostId, activities }: WorkerContext, taskQueue: string): object {
  if (taskQueue === DB_QUEUE) return activities.db;
  for (const step of ['admit', 'retrieve', 'pseudonymize', 'store'] as const) {
    if (taskQueue === hostQueue(hostId, step)) return activities[step];
  }
  return taskQueue.endsWith('.find') ? activities.find : activities.admit;
}

import { Context } from '@temporalio/activity';
import { NativeConnection, Worker, type WorkerOptions } from '@temporalio/worker';
import type { DataConverter } from '@temporalio/common';
import { admitQueue, DB_QUEUE, findQueue, hostQueue, JOBS_QUEUE, NAMESPACE, type HostStep } from '../contract/index.ts';
import type { Mocks, World } from './activities.ts';
import { setInterval } from 'node:timers';
import { installQuietRuntime } from './runtime.ts';
import { DESTINATION_ID, SOURCE_ID } from './house.ts';

/** Workers of one process that run mock activities on a real server. */
export class MockWorkers implements AsyncDisposable {
  readonly #connection: NativeConnection;
  readonly #dataConverter: DataConverter;
  readonly #activities: object;
  readonly #running = new Set<{ worker: Worker; ended: Promise<void> }>();

  private constructor(connection: NativeConnection, dataConverter: DataConverter, mocks: Mocks) {
    this.#connection = connection;
    this.#dataConverter = dataConverter;
    this.#activities = Object.fromEntries(Object.entries(mocks).map(([name, mock]) => [name, inReality(mock as Mock)]));
  }

  static async connect(address: string, dataConverter: DataConverter, mocks: Mocks): Promise<MockWorkers> {
    installQuietRuntime();
    return new MockWorkers(await NativeConnection.connect({ address }), dataConverter, mocks);
  }

  /** Serves the workflows. Returns how to end that worker. */
  serveWorkflows(code: string): Promise<() => Promise<void>> {
    // No time for stickiness: a replaced worker is noticed soon.
    return this.#serve(JOBS_QUEUE, { workflowBundle: { code }, stickyQueueScheduleToStartTimeout: '1s' });
  }

  /** Serves the queues of the database and of both nodes; `admits` parts are admitted at the same time. */
  async serveNodes(admits = 100): Promise<void> {
    const slots = { maxConcurrentActivityTaskExecutions: admits, maxConcurrentActivityTaskPolls: admits === 1 ? 1 : 2 };
    await Promise.all([
      this.#serve(DB_QUEUE, { activities: this.#activities }),
      this.#serve(findQueue(SOURCE_ID), { activities: this.#activities }),
      this.#serve(findQueue(DESTINATION_ID), { activities: this.#activities }),
      this.#serve(admitQueue(SOURCE_ID), { activities: this.#activities, ...slots }),
    ]);
  }

  async serveHost(hostId: string): Promise<void> {
    const steps: HostStep[] = ['admit', 'retrieve', 'pseudonymize', 'store'];
    await Promise.all(steps.map((step) => this.#serve(hostQueue(hostId, step), { activities: this.#activities })));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { worker } of this.#running) worker.shutdown();
    await Promise.all([...this.#running].map(({ ended }) => ended));
    await this.#connection.close();
  }

  async #serve(taskQueue: string, options: Partial<WorkerOptions>): Promise<() => Promise<void>> {
    const worker = await Worker.create({
      connection: this.#connection,
      namespace: NAMESPACE,
      dataConverter: this.#dataConverter,
      identity: 'worker',
      maxHeartbeatThrottleInterval: 100,
      shutdownForceTime: '2s',
      taskQueue,
      ...options,
    });
    const entry = { worker, ended: worker.run() };
    this.#running.add(entry);
    return async () => {
      this.#running.delete(entry);
      worker.shutdown();
      await entry.ended;
    };
  }
}

type Mock = (input: unknown, world: World) => Promise<unknown>;

/** A mock as an activity that a worker can run. */
function inReality(mock: Mock): (input: unknown) => Promise<unknown> {
  return async (input) => {
    const context = Context.current();
    const beat = setInterval(() => context.heartbeat(), 100);
    try {
      return await mock(input, {
        queue: context.info.taskQueue,
        attempt: context.info.attempt,
        signal: context.cancellationSignal,
        now: () => Date.now(),
        sleep: (ms) => context.sleep(ms),
      });
    } finally {
      clearInterval(beat);
    }
  };
}

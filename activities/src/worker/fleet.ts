import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';

/** A running Temporal worker, as the fleet sees it. */
export interface RunningWorker {
  /** Resolves when it has drained after `shutdown`; rejects when it cannot go on. */
  readonly done: Promise<void>;
  shutdown(): void;
}

/** A worker that should run. A changed `slots` means: drain the old one, start a new one. */
export interface WorkerPlan {
  readonly taskQueue: string;
  readonly slots: number;
}

const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 10_000;

/**
 * The Temporal workers of this process: one per queue. Starts those that are planned, drains those that are not any more,
 * and starts one anew (with growing delay) when it ends by itself.
 */
export class WorkerFleet {
  readonly #start: (plan: WorkerPlan) => Promise<RunningWorker>;
  readonly #log: Logger;
  readonly #keepers = new Map<string, Keeper>();
  /** Workers that drain, by queue: a process may have only one worker per queue at a time. */
  readonly #ending = new Map<string, Promise<void>>();

  /** @param start makes and runs one worker */
  constructor(start: (plan: WorkerPlan) => Promise<RunningWorker>, log: Logger) {
    this.#start = start;
    this.#log = log;
  }

  /** The queues that are served now. */
  get queues(): string[] {
    return [...this.#keepers.keys()];
  }

  /** Makes the running workers what the plans say. Does not wait for drains. */
  apply(plans: readonly WorkerPlan[]): void {
    const wanted = new Map(plans.map((plan) => [plan.taskQueue, plan]));
    for (const [queue, keeper] of this.#keepers) {
      if (wanted.get(queue)?.slots !== keeper.plan.slots) this.#retire(queue, keeper);
    }
    for (const [queue, plan] of wanted) {
      if (this.#keepers.has(queue)) continue;
      const before = this.#ending.get(queue) ?? Promise.resolve();
      this.#keepers.set(queue, new Keeper(plan, this.#start, this.#log, before));
    }
  }

  /** Drains every worker and waits for it. */
  async stop(): Promise<void> {
    for (const [queue, keeper] of this.#keepers) this.#retire(queue, keeper);
    await Promise.all(this.#ending.values());
  }

  #retire(queue: string, keeper: Keeper): void {
    this.#keepers.delete(queue);
    const ended = keeper.stop().finally(() => {
      if (this.#ending.get(queue) === ended) this.#ending.delete(queue);
    });
    this.#ending.set(queue, ended);
  }
}

/** Keeps one worker running until it is told to stop. */
class Keeper {
  readonly plan: WorkerPlan;
  readonly #stopping = new AbortController();
  readonly #ended: Promise<void>;
  #worker: RunningWorker | undefined;

  constructor(
    plan: WorkerPlan,
    start: (plan: WorkerPlan) => Promise<RunningWorker>,
    log: Logger,
    before: Promise<void>,
  ) {
    this.plan = plan;
    this.#ended = before.then(() => this.#keep(start, log));
  }

  stop(): Promise<void> {
    this.#stopping.abort();
    this.#worker?.shutdown();
    return this.#ended;
  }

  async #keep(start: (plan: WorkerPlan) => Promise<RunningWorker>, log: Logger): Promise<void> {
    const { signal } = this.#stopping;
    for (let pause = FIRST_DELAY_MS; !signal.aborted; pause = Math.min(pause * 2, LONGEST_DELAY_MS)) {
      try {
        this.#worker = await start(this.plan);
        if (signal.aborted) this.#worker.shutdown();
        await this.#worker.done;
        pause = FIRST_DELAY_MS;
      } catch (error) {
        log.warn({ queue: this.plan.taskQueue, error: nameOf(error) }, 'a worker ended and is started again');
      } finally {
        this.#worker = undefined;
      }
      await delay(pause, undefined, { signal }).catch(() => undefined);
    }
  }
}

const nameOf = (error: unknown) => (error instanceof Error ? error.name : 'unknown');

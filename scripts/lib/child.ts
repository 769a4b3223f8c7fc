import type { ChildProcess } from 'node:child_process';
import { forget, remember, terminate } from './processes.ts';
import { Sentence, say } from './sentence.ts';

/** What a supervised process is and how it is started and ended. */
export interface ChildPlan {
  readonly name: string;
  start(): Promise<ChildProcess> | ChildProcess;
  /** How long it may take to end by itself, ms. */
  readonly graceMs: number;
  readonly stopSignal?: NodeJS.Signals;
}

const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 15_000;
/** What lived this long had come up: the delay starts small again, so that work goes on at once. */
const HEALTHY_MS = 5_000;

/**
 * Keeps one process running: a death is followed by a restart with growing delay, until `stop`. What keeps it from starting is said
 * once, however often it is tried.
 */
export class Child {
  readonly #plan: ChildPlan;
  readonly #runFolder: string;
  #process: ChildProcess | undefined;
  #timer: NodeJS.Timeout | undefined;
  #delayMs = FIRST_DELAY_MS;
  #hindrance: string | undefined;
  #stopping = false;

  constructor(plan: ChildPlan, runFolder: string) {
    this.#plan = plan;
    this.#runFolder = runFolder;
  }

  get name(): string {
    return this.#plan.name;
  }

  /** Starts the process; rejects only when it cannot be spawned at all. */
  async start(): Promise<void> {
    const startedAt = Date.now();
    const child = await this.#plan.start();
    this.#hindrance = undefined;
    this.#process = child;
    if (child.pid) remember(this.#runFolder, this.#plan.name, child.pid);
    child.once('error', (error) => say(`${this.#plan.name} could not be started: ${error.message}`));
    child.once('exit', (code, signal) => {
      this.#process = undefined;
      this.#ended(startedAt, signal ?? `code ${code}`);
    });
  }

  /** Ends the process for good. */
  async stop(): Promise<void> {
    this.#stopping = true;
    clearTimeout(this.#timer);
    await this.renew();
    forget(this.#runFolder, this.#plan.name);
  }

  /** Ends the process, which is then started again: what it was told at its start has changed. */
  async renew(): Promise<void> {
    const pid = this.#process?.pid;
    if (pid) await terminate(pid, this.#plan.graceMs, this.#plan.stopSignal);
  }

  #ended(startedAt: number, how: string): void {
    if (this.#stopping) return;
    if (Date.now() - startedAt > HEALTHY_MS) this.#delayMs = FIRST_DELAY_MS;
    say(`${this.#plan.name} ended (${how}); starting it again in ${this.#delayMs / 1000} s.`);
    this.#later();
  }

  #hindered(error: unknown): void {
    if (this.#stopping) return;
    const message = error instanceof Sentence ? error.message : String(error);
    if (message !== this.#hindrance) say(`${this.#plan.name} cannot be started: ${message}`);
    this.#hindrance = message;
    this.#later();
  }

  #later(): void {
    this.#timer = setTimeout(() => void this.#restart(), this.#delayMs);
    this.#delayMs = Math.min(this.#delayMs * 2, LONGEST_DELAY_MS);
  }

  async #restart(): Promise<void> {
    if (this.#stopping) return;
    try {
      await this.start();
    } catch (error) {
      this.#hindered(error);
    }
  }
}

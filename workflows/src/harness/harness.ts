import { defaultPayloadConverter, toPayloads, type Payload } from '@temporalio/common';
import { tsToMs } from '@temporalio/common/lib/time.js';
import { setImmediate as tick } from 'node:timers/promises';
import type { Mocks } from './activities.ts';
import { Attempts } from './attempts.ts';
import { Clock } from './clock.ts';
import { childResult, type Closing } from './closing.ts';
import type { ActivationJob, Command, Run, Sandbox, Start } from './sandbox.ts';

/** One command of a workflow, in the order in which they were given. */
export interface Entry {
  readonly at: number;
  readonly workflowId: string;
  /** The command's name, for activities with the name and input of the activity. */
  readonly command: string;
  readonly activity?: string;
  readonly queue?: string;
  readonly priorityKey?: number;
  /** Number of the workflow task that gave it. */
  readonly task: number;
}

interface Execution {
  readonly start: Start;
  run: Run;
  jobs: ActivationJob[];
  /** Roughly what the server would count; begins anew with each run. */
  historyLength: number;
  runs: number;
  began: boolean;
  closing: Closing | null;
  error: string | null;
  readonly activities: Map<number, Attempts>;
  readonly timers: Map<number, () => void>;
  /** Child executions by the number the workflow gave them. */
  readonly children: Map<number, string>;
  readonly onClose: (execution: Execution) => void;
}

export interface HarnessOptions {
  /** Events of a run after which continue-as-new is suggested. */
  readonly suggestContinueAsNew?: number;
  /** When it begins (ms since 1970). */
  readonly now?: number;
}

/**
 * As much of a Temporal server as our workflows need, in virtual time: children, signals, cancellation, retries, lost
 * hosts, continue-as-new. It does not check determinism; replay does.
 */
export class Harness {
  readonly clock: Clock;
  readonly log: Entry[] = [];
  readonly #sandbox: Sandbox;
  readonly #mocks: Mocks;
  readonly #suggestAt: number;
  readonly #executions = new Map<string, Execution>();
  readonly #deadHosts = new Set<string>();
  #tasks = 0;

  constructor(sandbox: Sandbox, mocks: Mocks, { suggestContinueAsNew = 4_096, now }: HarnessOptions = {}) {
    this.clock = new Clock(now);
    this.#sandbox = sandbox;
    this.#mocks = mocks;
    this.#suggestAt = suggestContinueAsNew;
  }

  async start(workflowType: string, workflowId: string, input: unknown): Promise<void> {
    const start = {
      workflowType,
      workflowId,
      taskQueue: 'wf.jobs',
      input: toPayloads(defaultPayloadConverter, input) ?? [],
    };
    await this.#begin(start, () => undefined);
  }

  signal(workflowId: string, { name }: { readonly name: string }, ...message: unknown[]): void {
    this.#deliver(workflowId, name, toPayloads(defaultPayloadConverter, ...message) ?? []);
  }

  cancel(workflowId: string): void {
    this.#executions.get(workflowId)?.jobs.push({ cancelWorkflow: { reason: 'asked' } });
  }

  /** Closes an execution without telling it, as an administrator can. */
  terminate(workflowId: string): void {
    const execution = this.#open(workflowId);
    if (execution) this.#close(execution, 'terminated', null);
  }

  /** A host dies: its queues are served no more, what ran on it is lost. */
  loseHost(hostId: string): void {
    this.#deadHosts.add(hostId);
    for (const { activities } of this.#executions.values()) {
      for (const attempts of activities.values()) if (attempts.queue.startsWith(`host.${hostId}.`)) attempts.lose();
    }
  }

  /** How an execution closed, or null while it is open. */
  closing(workflowId: string): Closing | null {
    return this.#executions.get(workflowId)?.closing ?? null;
  }

  /** How many runs an execution has had. */
  runsOf(workflowId: string): number {
    return this.#executions.get(workflowId)?.runs ?? 0;
  }

  /** Names of the scheduled activities of a workflow, in order. */
  activitiesOf(workflowId: string): string[] {
    return this.log.flatMap((entry) => (entry.workflowId === workflowId && entry.activity ? [entry.activity] : []));
  }

  /** Lets time pass until the condition holds; fails when nothing is left that could happen before. */
  async until(condition: () => boolean): Promise<void> {
    // What an activity does with what it waited for is seen before anything else happens.
    for (await tick(); !condition(); await tick()) {
      if (!(await this.#step())) throw new Error('Nothing happens any more');
    }
  }

  /** Lets everything happen that is due within some ms. */
  async pass(ms: number): Promise<void> {
    let over = false;
    this.clock.after(ms, () => (over = true));
    await this.until(() => over);
  }

  /** Runs until the execution has closed. */
  async closed(workflowId: string): Promise<Closing> {
    await this.until(() => this.closing(workflowId) !== null);
    const { closing, error } = this.#executions.get(workflowId) ?? {};
    if (closing === 'failed') throw new Error(`${workflowId} failed: ${error}`);
    return closing ?? 'failed';
  }

  async #step(): Promise<boolean> {
    for (const execution of this.#executions.values()) {
      if (execution.closing || (execution.began && execution.jobs.length === 0)) continue;
      await this.#activate(execution);
      return true;
    }
    return this.clock.advance();
  }

  async #begin(start: Start, onClose: Execution['onClose']): Promise<void> {
    const run = await this.#sandbox.begin(start, this.clock.now);
    this.#executions.set(start.workflowId, {
      ...{ start, run, jobs: [], historyLength: 3, runs: 1, began: false, closing: null, error: null, onClose },
      ...{ activities: new Map(), timers: new Map(), children: new Map() },
    });
  }

  async #activate(execution: Execution): Promise<void> {
    const jobs = execution.jobs;
    execution.jobs = [];
    execution.began = true;
    execution.historyLength += 3 + jobs.length;
    this.#tasks++;
    const commands = await execution.run.activate(jobs, {
      now: this.clock.now,
      historyLength: execution.historyLength,
      continueAsNewSuggested: execution.historyLength >= this.#suggestAt,
    });
    execution.historyLength += commands.length;
    for (const command of commands) await this.#obey(execution, command);
  }

  async #obey(execution: Execution, command: Command): Promise<void> {
    const { scheduleActivity } = command;
    this.log.push({
      at: this.clock.now,
      workflowId: execution.start.workflowId,
      command: Object.entries(command).find(([name, value]) => value && name !== 'userMetadata')?.[0] ?? '',
      activity: scheduleActivity?.activityType ?? undefined,
      queue: scheduleActivity?.taskQueue ?? undefined,
      priorityKey: scheduleActivity?.priority?.priorityKey ?? undefined,
      task: this.#tasks,
    });
    if (scheduleActivity) return this.#schedule(execution, scheduleActivity);
    if (command.requestCancelActivity) execution.activities.get(command.requestCancelActivity.seq ?? 0)?.cancel();
    if (command.startTimer) this.#startTimer(execution, command.startTimer);
    if (command.cancelTimer) execution.timers.get(command.cancelTimer.seq ?? 0)?.();
    if (command.startChildWorkflowExecution) await this.#startChild(execution, command.startChildWorkflowExecution);
    if (command.cancelChildWorkflowExecution) {
      this.cancel(execution.children.get(command.cancelChildWorkflowExecution.childWorkflowSeq ?? 0) ?? '');
    }
    if (command.signalExternalWorkflowExecution) this.#signalOther(execution, command.signalExternalWorkflowExecution);
    if (command.continueAsNewWorkflowExecution) {
      await this.#continue(execution, command.continueAsNewWorkflowExecution.arguments ?? []);
    }
    if (command.completeWorkflowExecution) this.#close(execution, 'completed', null);
    if (command.cancelWorkflowExecution) this.#close(execution, 'canceled', null);
    if (command.failWorkflowExecution) {
      this.#close(execution, 'failed', command.failWorkflowExecution.failure?.message ?? '');
    }
  }

  #schedule(execution: Execution, command: NonNullable<Command['scheduleActivity']>): void {
    const seq = command.seq ?? 0;
    const name = command.activityType as keyof Mocks;
    const mock = this.#mocks[name] as ConstructorParameters<typeof Attempts>[2];
    const served = (queue: string) => ![...this.#deadHosts].some((host) => queue.startsWith(`host.${host}.`));
    const { run } = execution;
    const attempts = new Attempts(this.clock, command, mock, served, (result) => {
      execution.activities.delete(seq);
      // An activity outlives its run without anybody hearing of it.
      if (execution.run === run && !execution.closing) execution.jobs.push({ resolveActivity: { seq, result } });
    });
    execution.activities.set(seq, attempts);
  }

  #startTimer(execution: Execution, { seq, startToFireTimeout }: NonNullable<Command['startTimer']>): void {
    const fire = () => execution.jobs.push({ fireTimer: { seq } });
    execution.timers.set(seq ?? 0, this.clock.after(startToFireTimeout ? tsToMs(startToFireTimeout) : 0, fire));
  }

  async #startChild(
    execution: Execution,
    { seq, workflowId, workflowType, input }: NonNullable<Command['startChildWorkflowExecution']>,
  ): Promise<void> {
    const start = {
      workflowType: workflowType ?? '',
      workflowId: workflowId ?? '',
      taskQueue: 'wf.jobs',
      input: input ?? [],
    };
    execution.children.set(seq ?? 0, start.workflowId);
    await this.#begin(start, ({ closing, error }) => {
      execution.jobs.push({
        resolveChildWorkflowExecution: { seq, result: childResult(start.workflowId, closing, error) },
      });
    });
    execution.jobs.push({ resolveChildWorkflowExecutionStart: { seq, succeeded: { runId: 'first' } } });
  }

  #signalOther(
    execution: Execution,
    { seq, workflowExecution, signalName, args }: NonNullable<Command['signalExternalWorkflowExecution']>,
  ): void {
    const delivered = this.#deliver(workflowExecution?.workflowId ?? '', signalName ?? '', args ?? []);
    const failure = delivered ? undefined : { message: 'not found', applicationFailureInfo: { type: 'NotFound' } };
    execution.jobs.push({ resolveSignalExternalWorkflow: { seq, failure } });
  }

  #deliver(workflowId: string, signalName: string, input: Payload[]): boolean {
    const execution = this.#open(workflowId);
    execution?.jobs.push({ signalWorkflow: { signalName, input } });
    return execution !== undefined;
  }

  #open(workflowId: string): Execution | undefined {
    const execution = this.#executions.get(workflowId);
    return execution?.closing ? undefined : execution;
  }

  async #continue(execution: Execution, input: Payload[]): Promise<void> {
    this.#stopTimers(execution);
    await execution.run.dispose();
    execution.run = await this.#sandbox.begin({ ...execution.start, input }, this.clock.now);
    execution.began = false;
    execution.historyLength = 3;
    execution.runs++;
  }

  /** Timers end with the run that has started them. */
  #stopTimers({ timers }: Execution): void {
    for (const stop of timers.values()) stop();
    timers.clear();
  }

  #close(execution: Execution, closing: Closing, error: string | null): void {
    execution.closing = closing;
    execution.error = error;
    this.#stopTimers(execution);
    execution.onClose(execution);
  }
}

import { Context } from '@temporalio/activity';
import { ApplicationFailure, ApplicationFailureCategory, CancelledFailure } from '@temporalio/common';
import { retryClassOf, type Cause, type RetryLimits, type WaitReason } from '@viaduct/domain';
import { isUnavailable, noteContact } from '@viaduct/prisma';
import type { TaskRef } from '@viaduct/workflows/contract';
import type { Dependencies } from './dependencies.ts';
import { causeOf, isCancellation, StepError, toFailure, type FailureFacts } from './failures.ts';
import { beginStep, endStep, setWait, type StepName } from './record/steps.ts';
import { loadTask, type TaskFacts } from './record/tasks.ts';

const HEARTBEAT_MS = 1_000;
const MAX_ATTEMPTS = 6;
const MAX_DELAY_MS = 15 * 60_000;
/** Node's timers hold no longer time. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;
/** Pause before a step runs again whose worker was told to end (ms). */
const AFTER_SHUTDOWN_MS = 500;

/** One attempt of a step while it runs. */
export interface StepRun {
  readonly task: TaskFacts;
  /** Aborted when the step has to end: interrupt, cancel, shutdown, a newer attempt, the close of a window. */
  readonly signal: AbortSignal;
  /** Instances this attempt got done so far; shows in the timeline and starts the count of failures anew. */
  instances: number;
  /** One more instance is done; a wait that was shown is over. */
  progress(): void;
  /** Shows why the task waits now; null: it goes on. */
  waits(reason: WaitReason | null): Promise<void>;
}

/** What an attempt needs of its host. */
export type StepDependencies = Pick<Dependencies, 'database' | 'hostId' | 'settings' | 'log'>;

/** What a step is about; with a deadline (ms since 1970) it ends then, with the cause `window-closed`. */
export type StepRef = TaskRef & { readonly partNo?: number; readonly deadlineAt?: number | null };

/** The attempts that run in this process. One that was given up by the server may still be running when its successor comes. */
const running = new Map<string, { readonly end: AbortController; readonly ended: Promise<void> }>();

/**
 * Runs one attempt of a step inside an activity: heartbeats, one row in the timeline, and failures as causes.
 * What a step throws when its signal is aborted counts as canceled, whatever it is called; so does everything after its
 * deadline, which is nobody's failure.
 */
export async function runStep<R>(
  dependencies: StepDependencies,
  step: StepName,
  ref: StepRef,
  work: (run: StepRun) => Promise<R>,
): Promise<R> {
  const context = Context.current();
  const own = new AbortController();
  using deadline = deadlineOf(ref);
  const signal = AbortSignal.any([context.cancellationSignal, own.signal, deadline.signal]);
  context.heartbeat();
  const beat = setInterval(() => context.heartbeat(), HEARTBEAT_MS);
  const key = [ref.jobId, ref.taskNo, ref.partNo ?? '', step].join('/');
  const { promise: ended, resolve: end } = Promise.withResolvers<void>();
  try {
    const before = running.get(key);
    running.set(key, { end: own, ended });
    before?.end.abort(new CancelledFailure('a newer attempt has begun'));
    await before?.ended;
    return await attempt(dependencies, step, ref, { signal, closed: deadline.signal }, work);
  } finally {
    clearInterval(beat);
    if (running.get(key)?.end === own) running.delete(key);
    end();
  }
}

async function attempt<R>(
  dependencies: StepDependencies,
  step: StepName,
  ref: StepRef,
  { signal, closed }: { readonly signal: AbortSignal; readonly closed: AbortSignal },
  work: (run: StepRun) => Promise<R>,
): Promise<R> {
  const { database, hostId, settings } = dependencies;
  const limits: RetryLimits = {
    maxAttempts: MAX_ATTEMPTS,
    initialDelayMs: settings.VIADUCT_RETRY_INTERVAL_MS,
    maxDelayMs: MAX_DELAY_MS,
  };
  let row: Awaited<ReturnType<typeof beginStep>> | undefined;
  let run: StepRun | undefined;
  try {
    signal.throwIfAborted();
    const task = await loadTask(database, ref);
    row = await beginStep(database, {
      task,
      step,
      partNo: ref.partNo,
      hostId,
      attempt: Context.current().info.attempt,
    });
    let waiting = task.waiting;
    run = {
      task,
      signal,
      instances: 0,
      progress() {
        this.instances++;
        if (waiting !== null) void this.waits(null).catch(() => undefined);
      },
      waits: async (reason) => {
        const next = reason === null ? null : JSON.stringify(reason);
        if (next === waiting) return;
        waiting = next;
        await setWait(database, task, reason);
      },
    };
    const result = await work(run);
    await endStep(database, row, { outcome: 'done', instances: run.instances }).catch(ignoreOutage);
    const nodeId = nodeOf(step, task);
    if (nodeId && run.instances > 0) await noteContact(database.pool, nodeId, null);
    return result;
  } catch (error) {
    if (closed.aborted || isCancellation(error, signal)) {
      if (row) await endStep(database, row, { outcome: 'canceled', instances: run?.instances }).catch(() => undefined);
      const isAsked = !closed.aborted || Context.current().cancellationSignal.aborted;
      throw isAsked ? ending() : toFailure(closed.reason, 1, limits);
    }
    const nodeId = run && nodeOf(step, run.task);
    const { cause, facts } = aboutNode(nodeId, causeOf(error));
    if (cause === 'internal') dependencies.log.error({ step, ...nameAndStack(error) }, 'a step failed unexpectedly');
    if (isUnavailable(error)) throw again(cause, limits.initialDelayMs);
    const failures = row
      ? await endStep(database, row, { outcome: 'failed', cause, facts, instances: run?.instances }).catch(() => 1)
      : 1;
    const failure = toFailure(new StepError(cause, facts), failures, limits);
    if (nodeId && OF_THE_NODE.has(cause)) await noteContact(database.pool, nodeId, cause);
    if (!failure.nonRetryable && run) await showRetry(run, step, cause, failure.nextRetryDelay).catch(() => undefined);
    throw failure;
  }
}

/** What a step tells of itself when it talks to a node: for which job, when to stop, and what it waits for. */
export function callOf(run: StepRun, nodeId: string) {
  return {
    jobId: run.task.jobId,
    signal: run.signal,
    onWait: (used: number, of: number) => run.waits({ kind: 'slot', nodeId, used, of }),
    onRate: (until: Date | null) => run.waits(until && { kind: 'rate', nodeId, until: until.toISOString() }),
  };
}

/** A signal that is aborted at the deadline, if there is one. */
function deadlineOf({ deadlineAt = null }: StepRef): Disposable & { readonly signal: AbortSignal } {
  const closed = new AbortController();
  const close = () => closed.abort(new StepError('window-closed'));
  const left = deadlineAt === null ? Infinity : deadlineAt - Date.now();
  if (left <= 0) close();
  // What is further away is looked at again by a later attempt: no step takes that long.
  const timer = left > 0 && left <= LONGEST_TIMER_MS ? setTimeout(close, left) : undefined;
  return { signal: closed.signal, [Symbol.dispose]: () => clearTimeout(timer) };
}

/** The node a step talks to. */
function nodeOf(step: StepName, task: TaskFacts): string | undefined {
  if (step === 'find' || step === 'retrieve') return task.sourceId;
  return step === 'store' || step === 'verify' ? task.destinationId : undefined;
}

/** Facts that name the node a step talks to, for the words of the cause. */
function aboutNode(nodeId: string | undefined, { cause, facts }: FailureFacts): FailureFacts {
  return { cause, facts: nodeId ? { nodeId, ...facts } : facts };
}

/** Causes that say something about the health of a node. */
const OF_THE_NODE: ReadonlySet<Cause> = new Set<Cause>([
  'connection-refused',
  'connect-timeout',
  'host-unknown',
  'tls-failure',
  'sign-in-refused',
  'called-ae-rejected',
  'calling-ae-rejected',
  'association-rejected',
  'association-rejected-transient',
  'aborted-by-peer',
  'closed-without-response',
  'silent-peer',
  'protocol-violation',
  'refused-out-of-resources',
  'move-destination-unknown',
  'move-arrived-nothing',
  'folder-outside-roots',
  'folder-missing',
  'folder-not-writable',
  'disk-full',
]);

/** A worker that is told to end leaves its steps to its successor; every other end was asked for by the workflow. */
function ending(): Error {
  const { cancellationDetails } = Context.current();
  return cancellationDetails?.workerShutdown && !cancellationDetails.cancelRequested
    ? again('host-lost', AFTER_SHUTDOWN_MS)
    : new CancelledFailure('the step was ended');
}

function again(cause: Cause, nextRetryDelay: number): ApplicationFailure {
  return ApplicationFailure.create({
    message: cause,
    type: cause,
    nextRetryDelay,
    category: ApplicationFailureCategory.BENIGN,
  });
}

async function showRetry(run: StepRun, step: StepName, cause: Cause, delay: unknown): Promise<void> {
  const nodeId = step === 'store' || step === 'verify' ? run.task.destinationId : run.task.sourceId;
  const until = typeof delay === 'number' ? new Date(Date.now() + delay).toISOString() : undefined;
  if (cause === 'spool-full') return run.waits({ kind: 'spool-full' });
  if (cause === 'node-suspended') return run.waits({ kind: 'node-suspended', nodeId });
  if (retryClassOf(cause) === 'wait' && nodeId === run.task.destinationId) {
    return run.waits({ kind: 'destination-full', nodeId, until });
  }
  return run.waits({ kind: 'retry', nodeId, until });
}

function ignoreOutage(error: unknown): void {
  if (!isUnavailable(error)) throw error;
}

/** The message of an unknown error may quote data: only its kind and place are logged. */
function nameAndStack(error: unknown): { error: string; code?: string; at?: string[] } {
  if (!(error instanceof Error)) return { error: typeof error };
  const code = 'code' in error ? String(error.code) : undefined;
  const at = error.stack
    ?.split('\n')
    .filter((line) => line.startsWith('    at '))
    .slice(0, 8);
  return { error: error.name, code, at: at?.map((line) => line.trim()) };
}

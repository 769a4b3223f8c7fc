import { condition, isCancellation } from '@temporalio/workflow';
import type { PlannedPart, RunSettings, TaskHead, TaskRef } from './contract/index.ts';
import type { FailureReason } from './failures.ts';
import { inWindow } from './fanout.ts';
import { runPart, type PartEnd } from './part.ts';
import { dbActivities, findActivities, verifyActivities, type Dispatch } from './proxies.ts';

/** What a task needs of the chunk that runs it. */
export interface TaskEnvironment {
  readonly head: TaskHead;
  readonly settings: RunSettings;
  /** Time-outs and the priority of this moment. */
  readonly dispatch: () => Dispatch;
  /** Whether nothing further may be begun: what runs is finished, then the task returns `stopped`. */
  readonly stopping: () => boolean;
  /** When steps that begin now have to end (ms since 1970; null: never). The task is interrupted then, too. */
  readonly deadlineAt: () => number | null;
  /** Called once the expected instances are in the ledger. */
  readonly found: () => void;
}

/** `ended`: verify has written the final state. `failed`: somebody has to write it. `stopped`: it goes on later. */
export type TaskEnd =
  { readonly kind: 'ended' | 'stopped' } | { readonly kind: 'failed'; readonly reason: FailureReason };

/** Losses of a host in a row before a task gives up; a host that is known as dead is not planned for again. */
const MAX_HOST_LOSSES = 5;
const MAX_BACKOFF_MS = 300_000;

/**
 * Runs one task: find, then rounds of plan, parts and verify until the destination holds everything or the rounds are
 * used up. A part that fails finally ends the rounds, but verify still decides, so that what arrived is kept.
 * @throws CancelledFailure when interrupted, ActivityFailure when find, plan, admit or verify failed finally or a step
 * has come to its deadline.
 */
export async function runTask(environment: TaskEnvironment, task: TaskRef): Promise<TaskEnd> {
  const { settings, head, dispatch, stopping, deadlineAt } = environment;
  let planned: readonly PlannedPart[] | undefined;
  if (!head.found) {
    const finding = findActivities(dispatch(), head.sourceId).findInstances({ ...task, deadlineAt: deadlineAt() });
    ({ parts: planned } = await finding);
    environment.found();
  }
  let round = 1;
  let losses = 0;
  while (!stopping()) {
    const parts = planned ?? (await dbActivities(dispatch()).planParts(task)).parts;
    planned = undefined;
    const end = await runParts(environment, task, parts);
    if (end.stopped) return { kind: 'stopped' };
    losses = end.hostLost ? losses + 1 : 0;
    if (end.hostLost && losses <= MAX_HOST_LOSSES) continue;

    const failed = end.failed ?? (end.hostLost ? ({ cause: 'host-lost' } as const) : undefined);
    const nothingToTry = parts.length === 0 && round > 1;
    const lastRound = failed !== undefined || nothingToTry || round >= settings.maxRounds;
    const done = await verify(environment, task, { round, lastRound, failed });
    if (done !== 'gaps') return done;
    await condition(stopping, Math.min(settings.retryIntervalMs * 2 ** (round - 1), MAX_BACKOFF_MS));
    round++;
  }
  return { kind: 'stopped' };
}

interface PartsEnd {
  readonly stopped: boolean;
  readonly hostLost: boolean;
  readonly failed: FailureReason | undefined;
}

async function runParts(environment: TaskEnvironment, task: TaskRef, parts: readonly PlannedPart[]): Promise<PartsEnd> {
  const end = await inWindow<PlannedPart, PartEnd>(
    parts,
    environment.settings.partWindow,
    (part) => runPart(environment, task, part),
    environment.stopping,
  );
  return {
    stopped: end.stopped || end.results.some(({ kind }) => kind === 'stopped'),
    hostLost: end.results.some(({ kind }) => kind === 'host-lost'),
    failed: end.results.find((result) => result.kind === 'failed')?.reason,
  };
}

/** Asks the destination. When it cannot be asked, the reason for which a part failed says more than that. */
async function verify(
  { dispatch, head }: TaskEnvironment,
  task: TaskRef,
  input: { round: number; lastRound: boolean; failed: FailureReason | undefined },
): Promise<TaskEnd | 'gaps'> {
  try {
    const { done } = await verifyActivities(dispatch(), head.destinationId).verifyTask({ ...task, ...input });
    return done || input.lastRound ? { kind: 'ended' } : 'gaps';
  } catch (error) {
    if (!input.failed || isCancellation(error)) throw error;
    return { kind: 'failed', reason: input.failed };
  }
}

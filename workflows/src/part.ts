import { CancellationScope, condition, isCancellation } from '@temporalio/workflow';
import type { Admission, PartRef, PlannedPart, TaskRef } from './contract/index.ts';
import { isWindowClosed, ranOutOfTime, reasonOf, type FailureReason } from './failures.ts';
import { allOrCancel } from './fanout.ts';
import { admitAnywhere, admitOnHost, hostActivities } from './proxies.ts';
import type { TaskEnvironment } from './task.ts';

/**
 * How a part ended: all its steps are done; stopped before that because nothing may go on now; its host is lost; or a
 * step failed finally.
 */
export type PartEnd =
  { readonly kind: 'done' | 'stopped' | 'host-lost' } | { readonly kind: 'failed'; readonly reason: FailureReason };

/**
 * Brings one part from the source to the destination: admitted by one host, whose retrieve, pseudonymize and store
 * follow each other.
 * @throws CancelledFailure when interrupted, ActivityFailure when the part could not be admitted or a step has come to
 * its deadline.
 */
export async function runPart(environment: TaskEnvironment, task: TaskRef, planned: PlannedPart): Promise<PartEnd> {
  const part: PartRef = { ...task, partNo: planned.partNo };
  const admission = await admitUnlessStopping(environment, part, planned.hostId);
  if (admission === 'host-lost' || admission === 'stopped') return { kind: admission };
  try {
    return { kind: await runSteps(environment, part, admission) };
  } catch (error) {
    if (isCancellation(error) || isWindowClosed(error)) throw error;
    return ranOutOfTime(error) ? { kind: 'host-lost' } : { kind: 'failed', reason: reasonOf(error) };
  }
}

/** A part that still waits for its turn when nothing may begin any more is withdrawn; one that runs is finished. */
async function admitUnlessStopping(
  environment: TaskEnvironment,
  part: PartRef,
  hostId: string | null,
): Promise<Admission | 'host-lost' | 'stopped'> {
  const task = CancellationScope.current();
  const waiting = new CancellationScope({ cancellable: true });
  let answered = false;
  void condition(() => answered || environment.stopping()).then(
    () => waiting.cancel(), // of no effect on what was answered
    () => undefined, // the task is interrupted, and the admission with it
  );
  try {
    return await waiting.run(() => admit(environment, part, hostId));
  } catch (error) {
    if (isCancellation(error) && !task.consideredCancelled) return 'stopped';
    throw error;
  } finally {
    answered = true;
  }
}

/** The only place where priority and the limits of the source decide. */
async function admit(
  { dispatch, head, deadlineAt }: TaskEnvironment,
  part: PartRef,
  hostId: string | null,
): Promise<Admission | 'host-lost'> {
  const timed = { ...part, deadlineAt: deadlineAt() };
  if (hostId === null) return admitAnywhere(dispatch(), head.sourceId).admitPart(timed);
  try {
    return await admitOnHost(dispatch(), hostId).admitPart(timed);
  } catch (error) {
    if (ranOutOfTime(error)) return 'host-lost';
    throw error;
  }
}

async function runSteps(
  environment: TaskEnvironment,
  part: PartRef,
  { hostId, lease }: Admission,
): Promise<'done' | 'stopped'> {
  const host = hostActivities(environment.dispatch(), hostId);
  let stored: 'done' | 'stopped' = 'done';
  await allOrCancel([
    () => host.retrievePart({ ...part, lease, deadlineAt: environment.deadlineAt() }),
    ...(environment.head.pseudonymize ? [() => host.pseudonymizePart(part)] : []),
    async () => {
      stored = await storeWhenPossible(environment, part, hostId);
    },
  ]);
  return stored;
}

/**
 * Stores, and while the destination is down or full waits here instead of in the activity, whose schedule-to-close
 * would otherwise give the host up and ask the source for everything again.
 */
async function storeWhenPossible(
  { dispatch, stopping, deadlineAt }: TaskEnvironment,
  part: PartRef,
  hostId: string,
): Promise<'done' | 'stopped'> {
  for (;;) {
    const { blocked } = await hostActivities(dispatch(), hostId).storePart({ ...part, deadlineAt: deadlineAt() });
    if (!blocked) return 'done';
    if (await condition(stopping, blocked.retryAfterMs)) return 'stopped';
  }
}

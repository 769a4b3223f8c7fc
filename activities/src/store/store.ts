import { retryClassOf, type Cause } from '@viaduct/domain';
import type { PartRef, Timed } from '@viaduct/workflows/contract';
import { noteContact } from '@viaduct/prisma';
import type { Dependencies } from '../dependencies.ts';
import { causeOf } from '../failures.ts';
import { abortAfter, inLanes } from '../lanes.ts';
import { loadNode } from '../record/nodes.ts';
import { runStep, type StepRun } from '../step.ts';
import { BlockedError, sendFollowing, type Sending } from './lane.ts';
import { namerOf } from './paths.ts';
import { heldBefore } from './there.ts';

/** Shortest pause before a destination that is down or full is tried again (ms). */
const BLOCKED_MS = 10_000;
/** How long the instances in flight may take to be finished when the step has to end (ms). */
const FINISH_MS = 3_000;

/** What a store came to. `blocked`: the destination is down or full; the rest waits in the spool. */
export interface StoreResult {
  readonly stored: number;
  readonly failed: number;
  readonly blocked?: { readonly cause: Cause; readonly retryAfterMs: number };
}

/**
 * Follows the part: sends every instance that is ready to the destination, over as many associations as setting and slots
 * allow, and notes each acknowledgement before anything else. A destination that is down or full is a result.
 */
export function storePart(dependencies: Dependencies, ref: PartRef & Timed): Promise<StoreResult> {
  return runStep(dependencies, 'store', ref, async (run) => {
    const { database, parts, settings } = dependencies;
    const destination = await loadNode(database, run.task.destinationId);
    await using part = await parts.open(ref, run.task);
    using abort = abortAfter(run.signal, FINISH_MS);
    const sending: Sending = {
      dependencies,
      run,
      part,
      destination,
      follower: part.feed.follow('ready'),
      abort: abort.signal,
      pathOf: await namerOf(dependencies, run.task, part, destination),
      there: await heldBefore(dependencies, run, part, destination),
      failed: 0,
    };
    const isFolder = destination.kind === 'folder';
    const lanes = isFolder ? 1 : Math.min(settings.VIADUCT_STORE_ASSOCIATIONS, destination.maxAssociations);
    try {
      await inLanes(lanes, run.signal, (signal, lane) => sendFollowing(sending, lane, signal));
      return { stored: run.instances, failed: sending.failed };
    } catch (error) {
      if (!(error instanceof BlockedError) || run.signal.aborted) throw error;
      const blocked = await showBlocked(dependencies, run, causeOf(error.reason).cause);
      return { stored: run.instances, failed: sending.failed, blocked };
    } finally {
      await part.ledger.flush();
    }
  });
}

async function showBlocked(
  { database, settings }: Dependencies,
  run: StepRun,
  cause: Cause,
): Promise<{ cause: Cause; retryAfterMs: number }> {
  const retryAfterMs = Math.max(BLOCKED_MS, 2 * settings.VIADUCT_RETRY_INTERVAL_MS);
  const isFull = retryClassOf(cause) === 'wait' || cause === 'refused-out-of-resources';
  const nodeId = run.task.destinationId;
  const until = new Date(Date.now() + retryAfterMs).toISOString();
  await run.waits({ kind: isFull ? 'destination-full' : 'destination-down', nodeId, until });
  await noteContact(database.pool, nodeId, cause);
  return { cause, retryAfterMs };
}

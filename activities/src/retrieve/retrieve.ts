import { setTimeout as delay } from 'node:timers/promises';
import { fitOneAssociation, type RetrieveResult, storageProposals } from '@viaduct/dicom/dimse';
import {
  adoptSlot,
  type HeldSlot,
  PacsError,
  retrieveMethodOf,
  type RetrieveOptions,
  waitForSlot,
} from '@viaduct/pacs';
import { closePart } from '@viaduct/prisma';
import type { Lease, PartRef, Timed } from '@viaduct/workflows/contract';
import type { Dependencies } from '../dependencies.ts';
import { StepError } from '../failures.ts';
import { type OpenPart, partName } from '../part/openParts.ts';
import { loadNode, type NodeRow } from '../record/nodes.ts';
import { callOf, runStep, type StepRun } from '../step.ts';
import { knownInstances } from './known.ts';
import { type RetrieveSelection, selectionsFor } from './requests.ts';
import { spoolSink, type SpoolSink } from './sink.ts';

/** How long after the answer of a C-MOVE instances may still arrive, counted from the last arrival (ms). */
const LATE_ARRIVALS_MS = 3_000;
const LATE_ARRIVALS_POLL_MS = 100;

/**
 * Fetches what the part lacks into the spool. Instances that the source does not send are missing in the ledger, which
 * is a result; an association that breaks is a failure, and the next attempt asks only for what is still missing.
 */
export function retrievePart(
  dependencies: Dependencies,
  ref: PartRef & Timed & { readonly lease: Lease | null },
): Promise<{ retrieved: number; missing: number }> {
  return runStep(dependencies, 'retrieve', ref, async (run) => {
    const { database, parts, settings, hostId, space } = dependencies;
    const slotOptions = {
      database,
      holder: `${hostId}/retrieve`,
      ttlMs: settings.VIADUCT_LEASE_TTL_MS,
      yields: true,
      ...callOf(run, run.task.sourceId),
    };
    let held: HeldSlot | null = ref.lease && (await adoptSlot(ref.lease, slotOptions));
    try {
      await using part = await parts.open(ref, run.task);
      try {
        while (isLacking(part)) {
          held ??= await waitForSlot(run.task.sourceId, slotOptions);
          if (await askForMissing(dependencies, run, part, held)) break;
          await held[Symbol.asyncDispose]();
          held = null; // the slot was lost on the way: another one, and only what is still missing
        }
        await held?.[Symbol.asyncDispose]();
        return await close(dependencies, run, part);
      } finally {
        await part.ledger.flush();
      }
    } finally {
      await held?.[Symbol.asyncDispose]();
      space.release(partName(ref));
    }
  });
}

function isLacking({ feed }: OpenPart): boolean {
  return feed.isOpen && feed.count('wanted') > 0;
}

/** Asks for everything that is wanted. False when the slot was lost meanwhile. */
async function askForMissing(
  dependencies: Dependencies,
  run: StepRun,
  part: OpenPart,
  held: HeldSlot,
): Promise<boolean> {
  const source = await loadNode(dependencies.database, run.task.sourceId);
  const signal = AbortSignal.any([run.signal, held.lost]);
  const sink = spoolSink(dependencies, run, part);
  const wanted = new Map(part.feed.wanted().map((uid) => [uid, part.series.get(uid) ?? '']));
  const known = await knownInstances(dependencies.database, run.task.id);
  const isOneRequest = retrieveMethodOf(source) !== 'c-get' || fitOneAssociation(known.sopClassUids);
  const isWholeStudy = run.task.seriesInstanceUids.length === 0 && !known.hasExcluded && isOneRequest;
  const { studyInstanceUid } = run.task;
  try {
    for (const selection of selectionsFor({ studyInstanceUid, wanted, known: known.bySeries, isWholeStudy })) {
      signal.throwIfAborted();
      const { onRate } = callOf(run, source.id);
      const { sopClassUids } = known.bySeries.get(selection.seriesInstanceUid ?? '') ?? known;
      await ask(dependencies, {
        source,
        selection,
        proposals: sopClassUids.length > 0 ? storageProposals(sopClassUids, known.isAgain) : undefined,
        sink,
        part,
        call: { signal, onRate },
      });
      if (sink.broken) throw sink.broken;
    }
    return true;
  } catch (error) {
    if (held.lost.aborted && !run.signal.aborted) return false;
    throw error;
  } finally {
    await part.ledger.flush();
  }
}

interface Question {
  readonly source: NodeRow;
  readonly selection: RetrieveSelection;
  /** Undefined: the usual ones. */
  readonly proposals: ReturnType<typeof storageProposals> | undefined;
  readonly sink: SpoolSink;
  readonly part: OpenPart;
  readonly call: RetrieveOptions & { readonly signal: AbortSignal };
}

async function ask({ arrivals, gateway, settings }: Dependencies, question: Question): Promise<void> {
  const { source, selection, proposals, sink, part, call } = question;
  if (retrieveMethodOf(source) !== 'c-move') {
    await toleratingGaps(selection, () => gateway.get(source, selection, proposals, sink, call));
    return;
  }
  const before = sink.arrived;
  const expectation = arrivals.expect({
    callingAETitle: source.aeTitle ?? '',
    wants: (uid) => part.feed.stateOf(uid) === 'wanted',
    sink,
  });
  try {
    const receiver = settings.VIADUCT_RECEIVER_AE_TITLE;
    // A server that does not count is expected to have sent everything.
    const { completed } = await toleratingGaps(selection, () => gateway.move(source, selection, receiver, call));
    const isDue = () => sink.arrived - before < (completed ?? selection.instances) && part.feed.count('wanted') > 0;
    await lateArrivals(sink, isDue, call.signal);
    if (completed && sink.arrived === before)
      throw new StepError('move-arrived-nothing', { completed, receiverAETitle: receiver });
  } finally {
    expectation[Symbol.dispose]();
  }
}

/**
 * A final status "failed" after every sub-operation was tried says no more than that instances are withheld
 * (PS3.4 §C.4.2.1.5, §C.4.3.1.4: A702): the ledger knows which.
 */
async function toleratingGaps(
  { instances }: RetrieveSelection,
  retrieve: () => Promise<RetrieveResult>,
): Promise<RetrieveResult> {
  try {
    return await retrieve();
  } catch (error) {
    if (!(error instanceof PacsError) || typeof error.facts['status'] !== 'number') throw error;
    const { completed = 0, failed = 0, warning = 0 } = error.facts as Record<string, number>;
    if (failed === 0 || completed + failed + warning < instances) throw error;
    return { status: error.facts['status'], completed, failed, warning };
  }
}

/** Some PACS answer a C-MOVE before their last instance has arrived. */
export async function lateArrivals(
  sink: { readonly arrived: number },
  isDue: () => boolean,
  signal: AbortSignal,
): Promise<void> {
  let quietSince = performance.now();
  for (let arrived = sink.arrived; isDue() && performance.now() - quietSince < LATE_ARRIVALS_MS;) {
    await delay(LATE_ARRIVALS_POLL_MS, undefined, { signal });
    if (sink.arrived !== arrived) quietSince = performance.now();
    arrived = sink.arrived;
  }
}

/** Nothing comes any more: what is still wanted is missing, and the followers may finish. */
async function close(
  { database }: Dependencies,
  run: StepRun,
  part: OpenPart,
): Promise<{ retrieved: number; missing: number }> {
  run.signal.throwIfAborted();
  const missing = part.feed.isOpen ? part.feed.wanted() : [];
  for (const sopInstanceUID of missing) {
    part.ledger.add({ sopInstanceUID, to: 'missing', cause: 'instance-withheld' });
    part.feed.settled(sopInstanceUID);
  }
  await part.ledger.flush();
  await closePart(database.pool, run.task.id, part.key.partNo);
  part.feed.close();
  return { retrieved: run.instances, missing: missing.length };
}

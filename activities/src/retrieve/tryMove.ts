import { randomUUID } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import type { IncomingInstance, InstanceSink, Placement, SubOperations } from '@viaduct/dicom/dimse';
import type { WaitReason } from '@viaduct/domain';
import { waitForSlot, type SmallSeries } from '@viaduct/pacs';
import type { MoveTrial } from '@viaduct/workflows/contract';
import type { Dependencies } from '../dependencies.ts';
import { causeOf } from '../failures.ts';
import { loadNode, type NodeRow } from '../record/nodes.ts';
import { refusedBetween } from '../receiver/tally.ts';
import { lateArrivals } from './retrieve.ts';

/** Somebody waits for the answer. */
const WITHIN_MS = 90_000;

/** What a trial needs of its host. */
export type TrialDependencies = Pick<
  Dependencies,
  'database' | 'gateway' | 'settings' | 'hostId' | 'folders' | 'arrivals' | 'tally'
>;

/**
 * Lets a node send a small series to the receiver of this host (C-MOVE), inside the limits of the node, and throws away
 * what arrives. Never throws for what a peer does.
 */
export async function tryMove(
  dependencies: TrialDependencies,
  nodeId: string,
  cancel: AbortSignal,
): Promise<MoveTrial> {
  const { database, gateway, settings, hostId } = dependencies;
  const patience = AbortSignal.timeout(WITHIN_MS);
  let wait: WaitReason | undefined;
  const call = {
    signal: AbortSignal.any([cancel, patience]),
    onWait: (used: number, of: number) => void (wait = { kind: 'slot', nodeId, used, of }),
    onRate: (until: Date | null) =>
      void (wait = until ? { kind: 'rate', nodeId, until: until.toISOString() } : undefined),
  };
  try {
    const node = await loadNode(database, nodeId);
    const sample = await gateway.findSmallSeries(node, call);
    if (!sample) return { kind: 'no-series' };
    const slot = { database, holder: `${hostId}/trial`, ttlMs: settings.VIADUCT_LEASE_TTL_MS };
    await using held = await waitForSlot(nodeId, { ...slot, ...call });
    wait = undefined;
    return await moved(dependencies, node, sample, { ...call, signal: AbortSignal.any([call.signal, held.lost]) });
  } catch (error) {
    if (patience.aborted && wait) return { kind: 'waited', wait };
    if (patience.aborted) return { kind: 'failed', cause: 'silent-peer', facts: { waitedMs: WITHIN_MS } };
    const { cause, facts } = causeOf(error);
    return { kind: 'failed', cause, facts: { ...facts, receiverAETitle: settings.VIADUCT_RECEIVER_AE_TITLE } };
  }
}

interface TrialCall {
  readonly signal: AbortSignal;
  onRate(until: Date | null): void;
}

async function moved(
  { gateway, settings, folders, arrivals, tally }: TrialDependencies,
  node: NodeRow,
  { selection, instances: asked, named }: SmallSeries,
  call: TrialCall,
): Promise<MoveTrial> {
  const receiverAETitle = settings.VIADUCT_RECEIVER_AE_TITLE;
  const before = tally.calls;
  await using folder = await trialFolder(folders.trials);
  const sink = new TrialSink(folder.path);
  const lacks = (uid: string) => sink.arrived < asked && !sink.seen.has(uid) && (named?.has(uid) ?? true);
  const callingAETitle = node.aeTitle ?? '';
  using expecting = new DisposableStack();
  expecting.use(arrivals.expect({ callingAETitle, wants: lacks, sink, isTrial: true }));
  const { completed, failed, hasFailed } = await counted(() => gateway.move(node, selection, receiverAETitle, call));
  await lateArrivals(sink, () => sink.arrived < (completed ?? asked), call.signal);
  if (sink.arrived > 0) return { kind: 'arrived', asked, arrived: sink.arrived, ms: sink.lastAt - sink.begunAt };
  if (sink.broken) throw sink.broken;
  const refusal = refusedBetween(before, tally.calls);
  if (!hasFailed && !('refusal' in refusal))
    return { kind: 'failed', cause: 'move-arrived-nothing', facts: { completed: completed ?? asked, receiverAETitle } };
  const facts = { ...(failed && { failed }), receiverAETitle, ...refusal };
  return { kind: 'failed', cause: 'move-not-delivered', facts };
}

/**
 * A final status "failed" may only say that sub-operations have failed (PS3.4 §C.4.2.1.5: A702), and servers such as
 * Orthanc say no more (C000) where they do not know the receiver or do not reach it.
 */
async function counted(work: () => Promise<SubOperations>): Promise<SubOperations & { readonly hasFailed: boolean }> {
  try {
    const counts = await work();
    return { ...counts, hasFailed: (counts.failed ?? 0) > 0 };
  } catch (error) {
    const { cause, facts } = causeOf(error);
    const failed = Number(facts['failed'] ?? 0);
    if (typeof facts['status'] !== 'number' || (failed === 0 && cause !== 'status-failure')) throw error;
    return { completed: Number(facts['completed'] ?? 0), failed, hasFailed: true };
  }
}

/** Counts instances, and removes each as soon as it is there. */
class TrialSink implements InstanceSink {
  readonly begunAt = performance.now();
  readonly seen = new Set<string>();
  readonly #folder: string;
  arrived = 0;
  lastAt = this.begunAt;
  /** Why an instance could not be taken here: a full or broken disk. */
  broken: Error | undefined;

  constructor(folder: string) {
    this.#folder = folder;
  }

  begin(): Placement {
    return { path: path.join(this.#folder, randomUUID()) };
  }

  async done({ sopInstanceUID, path: file }: Parameters<InstanceSink['done']>[0]): Promise<number> {
    await rm(file, { force: true });
    this.seen.add(sopInstanceUID);
    this.arrived = this.seen.size;
    this.lastAt = performance.now();
    return 0;
  }

  failed(_instance: IncomingInstance, error: unknown): void {
    if (error instanceof Error && 'code' in error) this.broken = error;
  }
}

async function trialFolder(trials: string): Promise<AsyncDisposable & { readonly path: string }> {
  const folder = path.join(trials, randomUUID());
  await mkdir(folder, { recursive: true, mode: 0o700 });
  return { path: folder, [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) };
}

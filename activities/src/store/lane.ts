import { statSync } from 'node:fs';
import { classify, DimseError, type OutgoingInstance } from '@viaduct/dicom/dimse';
import { retryClassOf, type Cause } from '@viaduct/domain';
import { type HeldSlot, type Stored, trySlot, waitForSlot } from '@viaduct/pacs';
import type { Facts } from '@viaduct/prisma';
import type { Dependencies } from '../dependencies.ts';
import { causeOf } from '../failures.ts';
import type { FeedFollower, SpooledInstance } from '../feed.ts';
import type { OpenPart } from '../part/openParts.ts';
import { storedChange } from '../part/seed.ts';
import type { NodeRow } from '../record/nodes.ts';
import { outgoingPieces } from '../spool/index.ts';
import { callOf, type StepRun } from '../step.ts';
import { Connection } from './connection.ts';
import type { Namer } from './paths.ts';

/** An association with nothing to send is given back after this long (ms). */
const IDLE_MS = 2_000;
/** Pause of a further lane that found no free slot (ms). */
const NO_SLOT_MS = 500;

/** What the lanes of a store share. */
export interface Sending {
  readonly dependencies: Dependencies;
  readonly run: StepRun;
  readonly part: OpenPart;
  readonly destination: NodeRow;
  readonly follower: FeedFollower;
  /** Aborts associations at once; comes a little after the signal that asks for the end. */
  readonly abort: AbortSignal;
  /** Where a folder keeps each instance. */
  readonly pathOf: Namer;
  /** SOP Instance UIDs that the destination was found to hold already, sent by a host that is gone. */
  readonly there: ReadonlySet<string>;
  failed: number;
}

/** The destination takes nothing now; what stopped it is in `reason`. */
export class BlockedError extends Error {
  override readonly name = 'BlockedError';
  readonly reason: unknown;
  /** It was a further association that could not be opened. */
  readonly isUnconnected: boolean;

  constructor(reason: unknown, { isUnconnected = false } = {}) {
    super('the destination takes nothing now');
    this.reason = reason;
    this.isUnconnected = isUnconnected;
  }
}

/**
 * Sends until nothing more will come. Lane 0 waits for a slot; further lanes only use slots that are free and end when
 * the destination takes no further association.
 * @param signal ends the lane after the instance that is being sent; `sending.abort` ends that too
 */
export async function sendFollowing(sending: Sending, lane: number, signal: AbortSignal): Promise<void> {
  const { follower, abort } = sending;
  for (;;) {
    const instance = await follower.next(signal);
    if (!instance) return;
    const slot = await slotFor(sending, lane, signal).catch((error: unknown) => {
      follower.giveBack(instance.sopInstanceUID);
      throw error;
    });
    if (slot === 'none') {
      follower.giveBack(instance.sopInstanceUID);
      await follower.pause(NO_SLOT_MS, signal);
      continue;
    }
    try {
      await sendWhileThereIs(sending, instance, signal, slot ? AbortSignal.any([abort, slot.lost]) : abort);
    } catch (error) {
      if (lane > 0 && error instanceof BlockedError && error.isUnconnected && !signal.aborted) return;
      // A lost slot has aborted its association; the instance in flight is sent again over a new one.
      if (!slot?.lost.aborted || signal.aborted) throw error;
    } finally {
      await slot?.[Symbol.asyncDispose]();
    }
  }
}

/** A slot of a server; null: a folder needs none. */
async function slotFor(
  { dependencies, run, destination }: Sending,
  lane: number,
  signal: AbortSignal,
): Promise<HeldSlot | null | 'none'> {
  if (destination.kind === 'folder') return null;
  const { database, hostId, settings } = dependencies;
  const nodeId = destination.id;
  const ttlMs = settings.VIADUCT_LEASE_TTL_MS;
  const options = { database, holder: `${hostId}/store`, ttlMs, ...callOf(run, nodeId), signal };
  return lane > 0 ? ((await trySlot(nodeId, options)) ?? 'none') : waitForSlot(nodeId, options);
}

/** Sends the instance and those that follow over one connection, until there has been nothing to send for a while. */
async function sendWhileThereIs(
  sending: Sending,
  first: SpooledInstance,
  signal: AbortSignal,
  abort: AbortSignal,
): Promise<void> {
  const { follower } = sending;
  let connection: Connection | undefined;
  const inHand = new Map([[first.sopInstanceUID, first]]);
  const settled = ({ sopInstanceUID }: SpooledInstance) => void inHand.delete(sopInstanceUID);
  try {
    for (let next: SpooledInstance | undefined = first; next;) {
      if (sending.there.has(next.sopInstanceUID)) {
        acknowledge(sending, next, { status: 0 });
        settled(next);
      } else {
        connection = await connectFor(sending, next, connection, abort);
        for (const more of takeMore(sending, connection, next)) inHand.set(more.sopInstanceUID, more);
        await sendBatch(sending, [...inHand.values()], connection, abort, settled);
      }
      signal.throwIfAborted();
      next = follower.take() ?? (await nextWithin(follower, IDLE_MS, signal));
      if (next) inHand.set(next.sopInstanceUID, next);
    }
    await connection?.close();
  } catch (error) {
    for (const uid of inHand.keys()) follower.giveBack(uid);
    if (signal.aborted && !abort.aborted && inHand.size === 0)
      await connection?.close().catch(() => connection?.abort());
    else connection?.abort();
    throw error;
  }
}

/** What is ready now and goes with the first in one request. */
function takeMore({ follower, there }: Sending, connection: Connection, first: SpooledInstance): SpooledInstance[] {
  const { batch } = connection;
  const taken: SpooledInstance[] = [];
  let bytes = first.bytes;
  while (taken.length + 1 < batch.instances) {
    const more = follower.take();
    if (!more) break;
    bytes += more.bytes;
    if (bytes > batch.bytes || there.has(more.sopInstanceUID) || !connection.isFor(more)) {
      follower.giveBack(more.sopInstanceUID);
      break;
    }
    taken.push(more);
  }
  return taken;
}

async function nextWithin(
  follower: FeedFollower,
  ms: number,
  signal: AbortSignal,
): Promise<SpooledInstance | undefined> {
  const idle = AbortSignal.timeout(ms);
  try {
    return await follower.next(AbortSignal.any([signal, idle]));
  } catch (error) {
    signal.throwIfAborted();
    if (idle.aborted) return undefined;
    throw error;
  }
}

/** The open connection when it is made for the instance, else a new one that is negotiated for everything here now. */
async function connectFor(
  { dependencies, run, part, destination }: Sending,
  instance: SpooledInstance,
  open: Connection | undefined,
  signal: AbortSignal,
): Promise<Connection> {
  if (open?.isFor(instance)) return open;
  await open?.close();
  try {
    const { onRate } = callOf(run, destination.id);
    return await Connection.open(dependencies, destination, [instance, ...part.feed.spooled()], { signal, onRate });
  } catch (error) {
    throw !signal.aborted && isPassing(error) ? new BlockedError(error, { isUnconnected: true }) : error;
  }
}

/** Whether waiting for the destination makes sense: it is not there, or has no room. */
function isPassing(error: unknown): boolean {
  const { cause } = causeOf(error);
  return cause !== 'internal' && retryClassOf(cause) !== 'never';
}

/** Causes that say something about the instance alone; the connection lives on. */
const OF_THE_INSTANCE: ReadonlySet<Cause> = new Set(['context-not-accepted', 'instance-broken', 'file-exists']);

/**
 * Sends instances with one request. Each is noted as it was answered; those that are `settled` are no more in hand.
 * @throws BlockedError when the destination takes nothing now
 */
async function sendBatch(
  sending: Sending,
  instances: readonly SpooledInstance[],
  connection: Connection,
  signal: AbortSignal,
  settled: (instance: SpooledInstance) => void,
): Promise<void> {
  let answers: readonly Stored[];
  try {
    const pathOf = (instance: SpooledInstance) => sending.pathOf(instance) ?? '';
    const itemOf = (each: SpooledInstance) => ({ instance: outgoing(each), relativePath: pathOf(each) });
    answers = await connection.store(instances.map(itemOf), signal);
  } catch (error) {
    const { cause, facts } = causeOf(error);
    if (signal.aborted) throw error;
    if (!OF_THE_INSTANCE.has(cause)) throw retryClassOf(cause) === 'wait' ? new BlockedError(error) : error;
    const [only, ...others] = instances;
    if (only && others.length === 0) {
      fail(sending, only, cause, facts);
      return settled(only);
    }
    // One of them is broken: sent alone each shows whether it is the one.
    for (const each of instances) await sendBatch(sending, [each], connection, signal, settled);
    return;
  }
  for (const [index, instance] of instances.entries()) {
    if (note(sending, instance, answers[index])) settled(instance);
  }
  const refusal = answers.find(({ status }) => classify(status) === 'refused');
  if (refusal) throw new BlockedError(new DimseError('refused-out-of-resources', { status: refusal.status }));
}

/** Notes the answer to an instance; false when the destination had no room for it, or did not answer. */
function note(sending: Sending, instance: SpooledInstance, answer: Stored | undefined): boolean {
  const kind = answer && classify(answer.status);
  if (!answer || kind === 'refused') return false;
  if (kind === 'success' || kind === 'warning')
    acknowledge(sending, instance, { ...answer, outPath: sending.pathOf(instance) });
  else fail(sending, instance, 'status-failure', { status: answer.status });
  return true;
}

/** Journal first, in the same turn in which the answer was read; ledger and feed follow. */
function acknowledge(
  { part, run }: Sending,
  instance: SpooledInstance,
  { status, fileSha256, outPath }: Stored & { readonly outPath?: string },
): void {
  const { sopInstanceUID } = instance;
  const entry = { sopInstanceUID, status, outPath, fileSha256, at: new Date().toISOString() };
  part.acknowledge(entry);
  part.ledger.add(storedChange(entry, instance, instance.header));
  part.feed.settled(sopInstanceUID);
  run.progress();
}

function fail(sending: Sending, { sopInstanceUID }: SpooledInstance, cause: Cause, facts: Facts): void {
  const causeFacts = { nodeId: sending.run.task.destinationId, ...facts };
  sending.part.ledger.add({ sopInstanceUID, to: 'failed', cause, causeFacts });
  sending.part.feed.settled(sopInstanceUID);
  sending.failed++;
}

/** Header and untouched bulk region, or the whole data set of the retrieved file, which is its end. */
function outgoing(instance: SpooledInstance): OutgoingInstance {
  const { header, path, bytes, sopInstanceUID, sopClassUID, transferSyntaxUID } = instance;
  const kind = { sopClassUID, transferSyntaxUID };
  if (header) return { ...kind, sopInstanceUID: header.outSopInstanceUID, dataSet: outgoingPieces(path, header) };
  const size = statSync(path, { throwIfNoEntry: false })?.size;
  if (size === undefined) throw new DimseError('instance-broken', { code: 'missing' });
  return { ...kind, sopInstanceUID, dataSet: [{ path, start: size - bytes, end: size }] };
}

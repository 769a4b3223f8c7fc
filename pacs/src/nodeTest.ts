import { lookup } from 'node:dns/promises';
import { DimseError, echo, type Peer } from '@viaduct/dicom/dimse';
import type { Cause } from '@viaduct/domain';
import type { Database } from '@viaduct/prisma';
import { toPacsError, PacsError, type PacsFacts } from './errors.ts';
import { checkFolder } from './folder.ts';
import { peerOf, type GatewayNode } from './node.ts';
import { waitForSlot, type HeldSlot } from './slots.ts';

/** One step of a test with its duration in ms. */
export interface TestStep {
  readonly step: 'resolve' | 'connect' | 'associate' | 'echo' | 'folder';
  readonly ok: boolean;
  readonly ms: number;
}

/** What a test of a node showed: the steps taken, and the cause when it failed. */
export interface TestResult {
  readonly ok: boolean;
  readonly steps: readonly TestStep[];
  readonly cause?: Cause;
  readonly facts?: PacsFacts;
  /** All associations that the node allows us are open: it was not asked, so that its limit holds. */
  readonly busy?: { readonly used: number; readonly of: number };
}

/** What a test needs of the gateway. */
export interface TestOptions {
  readonly database: Database;
  readonly ourAeTitle: string;
  readonly folderRoots: readonly string[];
  readonly holder: string;
  readonly leaseTtlMs: number;
  readonly signal?: AbortSignal;
}

/** How long a test waits for a free association, ms. */
const SLOT_WITHIN_MS = 3_000;

/** At which step of the way each failure happens; silence is told apart by how long it was waited for. */
function stepOf(cause: Cause, facts: PacsFacts, peer: Peer | undefined): TestStep['step'] {
  if (cause === 'silent-peer' && peer && facts.waitedMs !== peer.associationTimeoutMs) return 'echo';
  if (cause === 'connection-refused' || cause === 'connect-timeout' || cause === 'tls-failure') return 'connect';
  if (
    /rejected/.test(cause) ||
    cause === 'silent-peer' ||
    cause === 'closed-without-response' ||
    cause === 'context-not-accepted'
  )
    return 'associate';
  return 'echo';
}

const since = (start: number) => Math.round((performance.now() - start) * 10) / 10;

function failed(
  steps: TestStep[],
  error: unknown,
  step: TestStep['step'] | undefined,
  start: number,
  peer?: Peer,
): TestResult {
  const known = toPacsError(error, peer);
  const { reason, facts } = known instanceof PacsError ? known : new PacsError('internal');
  return {
    ok: false,
    steps: [...steps, { step: step ?? stepOf(reason, facts, peer), ok: false, ms: since(start) }],
    cause: reason,
    facts,
  };
}

async function testServer(node: GatewayNode, options: TestOptions): Promise<TestResult> {
  const peer = peerOf(node, options.ourAeTitle);
  const steps: TestStep[] = [];
  const start = performance.now();
  try {
    await lookup(peer.host);
    steps.push({ step: 'resolve', ok: true, ms: since(start) });
  } catch {
    return failed(steps, new DimseError('host-unknown', { host: peer.host }), 'resolve', start, peer);
  }
  const held = await takeSlot(node.id, options);
  if ('of' in held) return { ok: false, steps, busy: held };
  await using slot = held;
  const asked = performance.now();
  try {
    const signal = options.signal ? AbortSignal.any([slot.lost, options.signal]) : slot.lost;
    const { connectMs, associateMs, echoMs } = await echo(peer, { signal });
    const taken = { connect: connectMs, associate: associateMs, echo: echoMs };
    for (const step of ['connect', 'associate', 'echo'] as const)
      steps.push({ step, ok: true, ms: Math.round(taken[step] * 10) / 10 });
    return { ok: true, steps };
  } catch (error) {
    return failed(steps, error, undefined, asked, peer);
  }
}

/** A slot, or the load of the node when none became free in time. */
async function takeSlot(
  nodeId: string,
  { database, holder, leaseTtlMs, signal }: TestOptions,
): Promise<HeldSlot | { used: number; of: number }> {
  const patience = AbortSignal.timeout(SLOT_WITHIN_MS);
  let load = { used: 0, of: 0 };
  try {
    return await waitForSlot(nodeId, {
      database,
      holder,
      ttlMs: leaseTtlMs,
      signal: signal ? AbortSignal.any([patience, signal]) : patience,
      onWait: (used, of) => void (load = { used, of }),
    });
  } catch (error) {
    if (patience.aborted && !signal?.aborted) return load;
    throw error;
  }
}

async function testFolder(node: GatewayNode, roots: readonly string[]): Promise<TestResult> {
  const start = performance.now();
  try {
    await checkFolder(node.path ?? '', roots);
    return { ok: true, steps: [{ step: 'folder', ok: true, ms: since(start) }] };
  } catch (error) {
    return failed([], error, 'folder', start);
  }
}

/** Tries to reach a node: a C-ECHO, or a file written into the folder. Never throws for what a peer does. */
export function testNode(node: GatewayNode, options: TestOptions): Promise<TestResult> {
  return node.kind === 'folder' ? testFolder(node, options.folderRoots) : testServer(node, options);
}

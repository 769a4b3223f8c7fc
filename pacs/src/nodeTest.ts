import { lookup } from 'node:dns/promises';
import { DimseError, echo } from '@viaduct/dicom/dimse';
import type { Cause } from '@viaduct/domain';
import { toPacsError, PacsError, type PacsFacts } from './errors.ts';
import { checkFolder } from './folder.ts';
import { peerOf, type GatewayNode } from './node.ts';

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
}

/** At which step of the way each failure happens. */
function stepOf(cause: Cause): TestStep['step'] {
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

function failed(steps: TestStep[], error: unknown, step: TestStep['step'] | undefined, start: number): TestResult {
  const known = toPacsError(error);
  const { reason, facts } = known instanceof PacsError ? known : new PacsError('internal');
  return {
    ok: false,
    steps: [...steps, { step: step ?? stepOf(reason), ok: false, ms: since(start) }],
    cause: reason,
    facts,
  };
}

async function testServer(node: GatewayNode, ourAeTitle: string, signal?: AbortSignal): Promise<TestResult> {
  const peer = peerOf(node, ourAeTitle);
  const steps: TestStep[] = [];
  const start = performance.now();
  try {
    await lookup(peer.host);
    steps.push({ step: 'resolve', ok: true, ms: since(start) });
  } catch {
    return failed(steps, new DimseError('host-unknown', { host: peer.host }), 'resolve', start);
  }
  const asked = performance.now();
  try {
    const { connectMs, associateMs, echoMs } = await echo(peer, { signal });
    const taken = { connect: connectMs, associate: associateMs, echo: echoMs };
    for (const step of ['connect', 'associate', 'echo'] as const)
      steps.push({ step, ok: true, ms: Math.round(taken[step] * 10) / 10 });
    return { ok: true, steps };
  } catch (error) {
    return failed(steps, error, undefined, asked);
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
export function testNode(
  node: GatewayNode,
  options: { readonly ourAeTitle: string; readonly folderRoots: readonly string[]; readonly signal?: AbortSignal },
): Promise<TestResult> {
  return node.kind === 'folder'
    ? testFolder(node, options.folderRoots)
    : testServer(node, options.ourAeTitle, options.signal);
}

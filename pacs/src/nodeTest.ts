import { lookup } from 'node:dns/promises';
import type { Cause } from '@viaduct/domain';
import type { Database } from '@viaduct/prisma';
import { toPacsError, PacsError, type PacsFacts } from './errors.ts';
import type { Face, TestStep } from './faces/face.ts';
import type { Faces } from './faces/faces.ts';
import { checkFolder } from './folder.ts';
import { facesOf, type FaceKind, type GatewayNode } from './node.ts';
import { waitForSlot, type HeldSlot } from './slots.ts';

/** What a test of a face of a server, or of a folder, showed: the steps taken, and the cause when it failed. */
export interface FaceTest {
  readonly face: FaceKind | 'folder';
  readonly ok: boolean;
  readonly steps: readonly TestStep[];
  readonly cause?: Cause;
  readonly facts?: PacsFacts;
}

/** What a test of a node showed, face by face, the one that work uses first. */
export interface TestResult {
  readonly ok: boolean;
  readonly faces: readonly FaceTest[];
  /** All associations that the node allows us are open: it was not asked, so that its limit holds. */
  readonly busy?: { readonly used: number; readonly of: number };
}

/** What a test needs of the gateway. */
export interface TestOptions {
  readonly database: Database;
  readonly faces: Faces;
  readonly folderRoots: readonly string[];
  readonly holder: string;
  readonly leaseTtlMs: number;
  readonly signal?: AbortSignal;
}

/** How long a test waits for a free association, ms. */
const SLOT_WITHIN_MS = 3_000;

const rounded = (ms: number) => Math.round(ms * 10) / 10;
const since = (start: number) => rounded(performance.now() - start);

function failed(
  kind: FaceTest['face'],
  steps: readonly TestStep[],
  error: unknown,
  { face, step, start }: { face?: Face; step?: TestStep['step']; start: number },
): FaceTest {
  const known = toPacsError(error, face?.asked);
  const { reason, facts } = known instanceof PacsError ? known : new PacsError('internal');
  const where = step ?? face?.failedStep(reason, facts) ?? 'connect';
  const last: TestStep = { step: where, ok: false, ms: since(start) };
  return { face: kind, ok: false, steps: [...steps, last], cause: reason, facts };
}

async function testFace(node: GatewayNode, kind: FaceKind, faces: Faces, signal: AbortSignal): Promise<FaceTest> {
  const start = performance.now();
  let face: Face;
  try {
    face = await faces.open(node, kind);
  } catch (error) {
    return failed(kind, [], error, { start });
  }
  const { host } = face.asked;
  try {
    await lookup(host);
  } catch {
    return failed(kind, [], new PacsError('host-unknown', { host }), { step: 'resolve', start });
  }
  const resolved: TestStep = { step: 'resolve', ok: true, ms: since(start) };
  const asked = performance.now();
  try {
    const steps = await face.greet({ signal });
    return { face: kind, ok: true, steps: [resolved, ...steps.map((step) => ({ ...step, ms: rounded(step.ms) }))] };
  } catch (error) {
    return failed(kind, [resolved], error, { face, start: asked });
  }
}

async function testServer(node: GatewayNode, options: TestOptions): Promise<TestResult> {
  const held = await takeSlot(node.id, options);
  if ('of' in held) return { ok: false, faces: [], busy: held };
  await using slot = held;
  const signal = options.signal ? AbortSignal.any([slot.lost, options.signal]) : slot.lost;
  const faces: FaceTest[] = [];
  for (const kind of facesOf(node)) faces.push(await testFace(node, kind, options.faces, signal));
  return { ok: faces.every(({ ok }) => ok), faces };
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
    return { ok: true, faces: [{ face: 'folder', ok: true, steps: [{ step: 'folder', ok: true, ms: since(start) }] }] };
  } catch (error) {
    return { ok: false, faces: [failed('folder', [], error, { step: 'folder', start })] };
  }
}

/**
 * Tries to reach a node by every face that it has: a C-ECHO, a QIDO search, or a file written into the folder. Never
 * throws for what a peer does.
 */
export function testNode(node: GatewayNode, options: TestOptions): Promise<TestResult> {
  return node.kind === 'folder' ? testFolder(node, options.folderRoots) : testServer(node, options);
}

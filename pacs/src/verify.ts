import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { demandBelowRoots, hashOf } from './folder.ts';
import type { ExpectedThere, GatewayOptions } from './gateway.ts';
import type { GatewayNode } from './node.ts';

/** Servers that index after they have acknowledged: how long after each vain look the next one follows, ms. */
const LOOK_AGAIN_AFTER_MS = [500, 1_000, 2_000] as const;

/**
 * Asks until everything is there or several looks, some seconds apart, found the same gaps: what has just been stored
 * may not be listed yet, and fetching it again would cost far more.
 */
export async function verifyPatiently(
  expected: readonly ExpectedThere[],
  signal: AbortSignal | undefined,
  look: (lacking: readonly ExpectedThere[]) => Promise<ReadonlySet<string>>,
): Promise<Set<string>> {
  const present = new Set<string>();
  let lacking = expected;
  for (const pause of [0, ...LOOK_AGAIN_AFTER_MS]) {
    if (lacking.length === 0) break;
    if (pause > 0) await delay(pause, undefined, { signal });
    for (const uid of await look(lacking)) present.add(uid);
    lacking = lacking.filter(({ sopInstanceUid }) => !present.has(sopInstanceUid));
  }
  return present;
}

/** Which instances a folder holds with the bytes that were written: their hashes are read back. */
export async function verifyFolder(
  node: GatewayNode,
  options: GatewayOptions,
  expected: readonly ExpectedThere[],
  signal?: AbortSignal,
): Promise<Set<string>> {
  const folder = node.path ?? '';
  await demandBelowRoots(folder, options.folderRoots);
  const present = new Set<string>();
  for (const { sopInstanceUid, relativePath, fileSha256 } of expected) {
    signal?.throwIfAborted();
    if (relativePath && fileSha256 && (await hashOf(path.join(folder, relativePath))) === fileSha256)
      present.add(sopInstanceUid);
  }
  return present;
}

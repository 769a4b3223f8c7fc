import type { NodeGate, WaitNames, WaitReason, Windows } from '@viaduct/domain';
import { waitWords } from '@viaduct/domain';
import { HOST_ALIVE_WITHIN_MS, type Database } from '@viaduct/prisma';
import type { WaitView } from '../schemas/waits.ts';

/** A node as far as waits are about it. */
export interface KnownNode extends NodeGate {
  readonly name: string;
  readonly suspendedReason: string | null;
  readonly suspendedAt: Date | null;
}

/** What decides about waits beside the jobs themselves, as it is at one instant. */
export interface Surroundings {
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Whether any worker has been seen lately. */
  readonly hasWorker: boolean;
  readonly nodes: ReadonlyMap<string, KnownNode>;
}

/** Reads the nodes and whether anybody works. */
export async function readSurroundings({ client }: Database): Promise<Surroundings> {
  const now = Date.now();
  const [rows, alive] = await Promise.all([
    client.node.findMany({
      select: { id: true, name: true, windows: true, suspended: true, suspendedReason: true, suspendedAt: true },
    }),
    client.workerHost.count({ where: { lastSeenAt: { gt: new Date(now - HOST_ALIVE_WITHIN_MS) } } }),
  ]);
  const nodes = rows.map((row) => [row.id, { ...row, windows: row.windows as Windows | null }] as const);
  return { now, hasWorker: alive > 0, nodes: new Map(nodes) };
}

/** A wait as it is shown. `pausedAt`: since when a person holds the job. */
export function waitView(
  reason: WaitReason,
  { nodes }: Surroundings,
  { pausedAt = null, ...names }: Omit<WaitNames, 'node' | 'note'> & { readonly pausedAt?: Date | null } = {},
): WaitView {
  const { kind, nodeId = null, until = null } = reason;
  const node = nodeId === null ? undefined : nodes.get(nodeId);
  const since = kind === 'node-suspended' ? (node?.suspendedAt ?? null) : pausedAt;
  return {
    kind,
    text: waitWords(reason, { ...names, node: node?.name, note: node?.suspendedReason ?? undefined }),
    until,
    since: since?.toISOString() ?? null,
    nodeId,
  };
}

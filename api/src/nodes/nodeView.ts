import { isCause, sentenceOf, type Cause } from '@viaduct/domain';
import { slotUsage, type Database, type SlotUsage } from '@viaduct/prisma';
import type { NodeView } from '../schemas/nodes.ts';

type NodeRow = NonNullable<Awaited<ReturnType<Database['client']['node']['findUnique']>>>;

const iso = (date: Date | null) => date?.toISOString() ?? null;

function healthOf(row: NodeRow): NodeView['health'] {
  const { lastContactAt, lastCauseAt } = row;
  if (lastCauseAt && isCause(row.lastCause) && (!lastContactAt || lastCauseAt > lastContactAt)) {
    return { state: 'down', at: iso(lastCauseAt), sentence: whyDown(row, row.lastCause) };
  }
  if (lastContactAt) return { state: 'up', at: iso(lastContactAt), sentence: `${row.name} answers.` };
  return { state: 'unknown', at: null, sentence: `${row.name} has not been asked yet.` };
}

function whyDown(row: NodeRow, cause: Cause): string {
  const { host, port, aeTitle, callingAeTitle } = row;
  const facts = Object.entries({ host, port, calledAETitle: aeTitle, callingAETitle: callingAeTitle }).filter(
    (entry): entry is [string, string | number] => entry[1] !== null,
  );
  return sentenceOf(cause, Object.fromEntries(facts), row.name);
}

/** A node as the API shows it, with its health in words and the associations that are open now. */
export function nodeView(row: NodeRow, usage: SlotUsage | undefined): NodeView {
  return {
    ...row,
    kind: row.kind === 'folder' ? 'folder' : 'server',
    retrieveMethod: row.retrieveMethod === 'c-move' ? 'c-move' : 'c-get',
    lastContactAt: iso(row.lastContactAt),
    lastCauseAt: iso(row.lastCauseAt),
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
    health: healthOf(row),
    load: { used: usage?.used ?? 0, of: usage?.of ?? row.maxAssociations },
  };
}

/** All nodes: servers before folders, each by name. */
export async function readNodes({ client, pool }: Database): Promise<NodeView[]> {
  const [rows, usages] = await Promise.all([
    client.node.findMany({ orderBy: [{ kind: 'desc' }, { name: 'asc' }] }),
    slotUsage(pool),
  ]);
  const byNode = new Map(usages.map((usage) => [usage.nodeId, usage]));
  return rows.map((row) => nodeView(row, byNode.get(row.id)));
}

/** One node, or undefined. */
export async function readNode({ client, pool }: Database, id: string): Promise<NodeView | undefined> {
  const [row, [usage]] = await Promise.all([client.node.findUnique({ where: { id } }), slotUsage(pool, id)]);
  return row ? nodeView(row, usage) : undefined;
}

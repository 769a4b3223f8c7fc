import type { Database } from '@viaduct/prisma';
import { StepError } from '../failures.ts';

export type NodeRow = NonNullable<Awaited<ReturnType<Database['client']['node']['findUnique']>>>;

/** Reads a node as it is configured now. Throws StepError `node-gone` and `node-suspended`. */
export async function loadNode({ client }: Database, id: string): Promise<NodeRow> {
  const node = await client.node.findUnique({ where: { id } });
  if (!node) throw new StepError('node-gone', { nodeId: id });
  if (node.suspended) throw new StepError('node-suspended', { nodeId: id });
  return node;
}

import type { Database } from '@viaduct/prisma';
import { isInUse, isMissing, isTaken } from '../database/errors.ts';
import { ApiProblem, invalid, notFound } from '../http/problems.ts';
import { route, type Route } from '../http/route.ts';
import { createNode, deleteNode, getNode, listNodes, testNode, updateNode } from '../operations/nodes.ts';
import type { NodePatch, NodeTestView, NodeView } from '../schemas/nodes.ts';
import { readNode, readNodes } from './nodeView.ts';

/** What the nodes need from the rest of the house. */
export interface NodeOptions {
  readonly database: Database;
  /** Asks a node whether it works; gives up by the node's own time limits. */
  readonly test: (node: NodeView) => Promise<NodeTestView>;
  /** Says why a folder may not be used, or undefined. Makes it when it is allowed and missing. */
  readonly refuseFolder: (path: string) => Promise<string | undefined>;
}

const SERVER_ONLY = [
  'aeTitle',
  'host',
  'port',
  'callingAeTitle',
  'retrieveMethod',
  'maxAssociations',
  'connectTimeoutMs',
  'associationTimeoutMs',
  'responseTimeoutMs',
  'idleTimeoutMs',
] as const satisfies readonly (keyof NodePatch)[];

/** Nodes: read, create, change, delete, test. */
export function nodeRoutes({ database, test, refuseFolder }: NodeOptions): Route[] {
  const { client } = database;
  const read = async (id: string) => {
    const node = await readNode(database, id);
    if (!node) throw notFound('node');
    return node;
  };
  const checkFolder = async (path: string | null | undefined) => {
    const refusal = path ? await refuseFolder(path) : undefined;
    if (refusal) throw invalid('path', refusal);
  };

  return [
    route(listNodes, async () => ({ items: await readNodes(database) })),
    route(getNode, ({ params }) => read(params.id)),

    route(createNode, async ({ body }) => {
      if (body.kind === 'folder') await checkFolder(body.path);
      // A folder is never asked for images in this release, and has no associations.
      const data = body.kind === 'folder' ? { ...body, maySource: false } : body;
      const { id } = await client.node.create({ data }).catch((error) => refuse(client, error, body));
      return read(id);
    }),

    route(updateNode, async ({ params, body }) => {
      const before = await read(params.id);
      const foreign = before.kind === 'server' ? (['path'] as const) : SERVER_ONLY;
      const odd = foreign.find((field) => body[field] !== undefined);
      if (odd) throw invalid(odd, `A ${before.kind} has no such field.`);
      await checkFolder(body.path);
      const released = body.suspended === false ? { suspendedReason: null } : {};
      await client.node
        .update({ where: { id: params.id }, data: { ...body, ...released } })
        .catch((error) => refuse(client, error, body, params.id));
      return read(params.id);
    }),

    route(deleteNode, async ({ params }) => {
      await client.node.delete({ where: { id: params.id } }).catch((error) => refuse(client, error, {}));
      return undefined;
    }),

    route(testNode, async ({ params }) => test(await read(params.id))),
  ];
}

async function refuse(
  client: Database['client'],
  error: unknown,
  input: { readonly name?: string },
  except?: string,
): Promise<never> {
  if (isMissing(error)) throw notFound('node');
  if (isInUse(error)) throw new ApiProblem(409, 'Jobs have used this node, so it stays. Suspend it instead.');
  if (!isTaken(error)) throw error;
  const sameName = await client.node.count({ where: { name: input.name ?? '', id: { not: except } } });
  const path = sameName > 0 ? 'name' : 'aeTitle';
  const message =
    sameName > 0 ? 'Another node has this name.' : 'Another node has this AE title at the same host and port.';
  throw new ApiProblem(409, message, { errors: [{ path, message }] });
}

import type { Database } from '@viaduct/prisma';
import { isInUse, isMissing, isTaken } from '../database/errors.ts';
import { ApiProblem, invalid, notFound } from '../http/problems.ts';
import { requestSignal } from '../http/requestSignal.ts';
import { route, type Route } from '../http/route.ts';
import type { PacsPort } from '../gateway/pacsPort.ts';
import * as nodes from '../operations/nodes.ts';
import type { NodeTestView, NodeView } from '../schemas/nodes.ts';
import type { Engine } from '../temporal/engine.ts';
import { forgetCapabilities, keepCapabilities, readCapabilities } from './capabilities.ts';
import { insertNode, resume, suspend, updateNodeRow } from './changeNode.ts';
import { checkFaces, checkFields, facesAfter, NO_FACE } from './checkNode.ts';
import { readNode, readNodes, type NodeReading } from './nodeView.ts';
import { testMove } from './testMove.ts';

/** What the nodes need from the rest of the house. */
export interface NodeOptions {
  readonly reading: NodeReading;
  readonly masterKey: Uint8Array;
  /** How often idle nodes are asked, minutes; 0: never. */
  readonly probeMinutes: number;
  /** Asks a node whether it works; gives up by the node's own time limits. */
  readonly test: (node: Pick<NodeView, 'id'>) => Promise<NodeTestView>;
  readonly engine: Pick<Engine, 'tryMove'>;
  /** What the DICOM face of a node accepts. */
  readonly capabilities: PacsPort['capabilities'];
  readonly sentence: PacsPort['source']['sentence'];
  /** Says why a folder may not be used, or undefined. Makes it when it is allowed and missing. */
  readonly refuseFolder: (path: string) => Promise<string | undefined>;
}

/** Whoever answers under another of these may accept something else. */
const WHO = ['aeTitle', 'host', 'port', 'callingAeTitle', 'tls'] as const;

/** Nodes: read, create, change, suspend, delete, test. */
export function nodeRoutes(options: NodeOptions): Route[] {
  const { reading, masterKey, probeMinutes, test, refuseFolder } = options;
  const { database } = reading;
  const { client } = database;
  const read = async (id: string) => {
    const node = await readNode(reading, id);
    if (!node) throw notFound('node');
    return node;
  };
  const checkFolder = async (path: string | undefined) => {
    const refusal = path ? await refuseFolder(path) : undefined;
    if (refusal) throw invalid('path', refusal);
  };

  return [
    route(nodes.listNodes, async () => ({ items: await readNodes(reading), probeMinutes })),
    route(nodes.getNode, ({ params }) => read(params.id)),

    route(nodes.createNode, async ({ body }) => {
      if (body.kind === 'folder') await checkFolder(body.path);
      else checkFaces(facesAfter(NO_FACE, body));
      return read(await insertNode(database, body, masterKey).catch((error) => refuse(client, error, body)));
    }),

    route(nodes.updateNode, async ({ params, body }) => {
      const before = await read(params.id);
      checkFields(before.kind, body);
      if (before.kind === 'server') checkFaces(facesAfter({ ...before, hasSecret: before.hasWebAuthSecret }, body));
      await checkFolder(body.path);
      await updateNodeRow(database, params.id, body, masterKey).catch((error) =>
        refuse(client, error, body, params.id),
      );
      const after = await read(params.id);
      if (WHO.some((field) => after[field] !== before[field])) await forgetCapabilities(database, params.id);
      return after;
    }),

    route(nodes.suspendNode, async ({ actor, params, body }) => {
      if (!(await suspend(database, params.id, { userId: actor.userId, reason: body.reason }))) throw notFound('node');
      return read(params.id);
    }),

    route(nodes.resumeNode, async ({ params }) => {
      if (!(await resume(database, params.id))) throw notFound('node');
      return read(params.id);
    }),

    route(nodes.deleteNode, async ({ params }) => {
      await client.node.delete({ where: { id: params.id } }).catch((error) => refuse(client, error, {}));
      return undefined;
    }),

    route(nodes.testNode, async ({ params }) => test(await read(params.id))),

    route(nodes.testNodeMove, async ({ params }) => testMove(database, options.engine, await read(params.id))),

    route(nodes.getNodeCapabilities, async ({ params }) => {
      await read(params.id);
      return readCapabilities(database, params.id);
    }),

    route(nodes.probeNodeCapabilities, async ({ params, ctx }) => {
      const node = await read(params.id);
      if (node.aeTitle === null) throw new ApiProblem(409, `${node.name} has no DICOM face.`);
      try {
        const found = await options.capabilities(node.id, requestSignal(ctx));
        await keepCapabilities(database, node.id, found);
      } catch (error) {
        throw new ApiProblem(502, await options.sentence(node.id, error), { name: 'node-failed' });
      }
      return readCapabilities(database, node.id);
    }),
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

import { randomUUID } from 'node:crypto';
import type { Settings } from '@viaduct/configuration';
import { sentenceOf, waitWords, type Cause } from '@viaduct/domain';
import { checkFolder, createGateway, PacsError, retrieveMethodOf, toPacsError, type GatewayNode } from '@viaduct/pacs';
import { noteContact, type Database } from '@viaduct/prisma';
import { ApiProblem, notFound } from '../http/problems.ts';
import type { NodeTestView } from '../schemas/nodes.ts';
import { explainTest } from './explainTest.ts';
import type { PacsPort } from './pacsPort.ts';
import { fetchSample } from './sample.ts';

/** Said where a server that jobs ask by C-MOVE does not answer C-GET. */
const BY_MOVE =
  'A preview asks by C-GET: what a server sends by C-MOVE goes to the receivers of the workers, which take what jobs wait for. Let the server answer C-GET, give the node its DICOMweb address, or look at a file with viaduct deid --preview.';

/** The longest a test may take, whatever the time limits of the node are, ms. */
const TEST_WITHIN_MS = 60_000;
/** How a server says that it does not do C-GET, or not for this image. */
const NO_C_GET: ReadonlySet<Cause> = new Set(['context-not-accepted', 'status-failure', 'instance-withheld']);
/** Causes that say nothing about the node itself. */
const NOT_ITS_FAULT: ReadonlySet<Cause> = new Set(['node-suspended', 'canceled', 'internal', 'study-unknown']);

/** The settings that reaching nodes needs. */
export type PacsSettings = Pick<Settings, 'VIADUCT_AE_TITLE' | 'VIADUCT_LEASE_TTL_MS' | 'folderRoots' | 'tlsFiles'>;

/**
 * The nodes as this process reaches them; what becomes of each contact is kept with the node.
 * @param masterKey opens their secrets
 */
export function openPacs(database: Database, settings: PacsSettings, masterKey: Uint8Array): PacsPort {
  const { folderRoots, tlsFiles, VIADUCT_AE_TITLE: ourAeTitle, VIADUCT_LEASE_TTL_MS: leaseTtlMs } = settings;
  const holder = `api-${randomUUID()}`;
  const gateway = createGateway({
    database,
    ourAeTitle,
    folderRoots,
    leaseTtlMs,
    tlsFiles,
    masterKey,
    holder,
  });

  const read = async (id: string): Promise<GatewayNode> => {
    const node = await database.client.node.findUnique({ where: { id } });
    if (!node) throw notFound('node');
    return node;
  };
  const waitOf = (node: GatewayNode, onWait?: (sentence: string) => void) => (used: number, of: number) =>
    onWait?.(waitWords({ kind: 'slot', nodeId: node.id, used, of }, { node: node.name }));

  return {
    source: {
      async *findStudies(nodeId, criteria, { signal, onWait }) {
        const node = await read(nodeId);
        try {
          yield* gateway.findStudies(node, criteria, { signal, onWait: waitOf(node, onWait) });
          await keepContact(database, nodeId, undefined);
        } catch (error) {
          await keepContact(database, nodeId, error);
          throw error;
        }
      },
      async findSeries(nodeId, studyInstanceUid, { signal, onWait }) {
        const node = await read(nodeId);
        const series = await gateway.findSeries(node, studyInstanceUid, { signal, onWait: waitOf(node, onWait) });
        return series.map((one) => ({ ...one }));
      },
      async sentence(nodeId, error) {
        const { reason, facts } = causeOf(error);
        const node = await read(nodeId).catch(() => undefined);
        return sentenceOf(reason, { ...addressOf(node), ...facts }, node?.name);
      },
    },

    sample: async (nodeId, study, folder, signal) => {
      const node = await read(nodeId);
      try {
        return await fetchSample({ gateway, database, holder, leaseTtlMs }, node, study, folder, signal);
      } catch (error) {
        const { reason } = causeOf(error);
        if (retrieveMethodOf(node) !== 'c-move' || !NO_C_GET.has(reason)) throw error;
        throw new ApiProblem(502, `${sentenceOf(reason, {}, node.name)} ${BY_MOVE}`);
      }
    },

    async test({ id }, signal): Promise<NodeTestView> {
      const node = await read(id);
      const within = AbortSignal.timeout(TEST_WITHIN_MS);
      const result = await gateway.test(node, { signal: signal ? AbortSignal.any([signal, within]) : within });
      const [used] = result.faces;
      // A node whose associations are all in use was not asked: that says nothing about it.
      if (used) await keepContact(database, node.id, used.cause && new PacsError(used.cause, used.facts));
      return explainTest(result, node.name);
    },

    async capabilities(nodeId, signal) {
      const within = AbortSignal.any([signal, AbortSignal.timeout(TEST_WITHIN_MS)]);
      return gateway.capabilities(await read(nodeId), { signal: within });
    },

    async refuseFolder(path) {
      try {
        await checkFolder(path, folderRoots);
        return undefined;
      } catch (error) {
        return sentenceOf(causeOf(error).reason, {}, 'The folder');
      }
    },
  };
}

function causeOf(error: unknown): PacsError {
  const known = toPacsError(error);
  return known instanceof PacsError ? known : new PacsError('internal');
}

function addressOf(node: GatewayNode | undefined): Record<string, string | number> {
  const { host, port, aeTitle } = node ?? {};
  return { ...(host && { host }), ...(port && { port }), ...(aeTitle && { calledAETitle: aeTitle }) };
}

/** Keeps when a node answered last, or why it did not. */
async function keepContact({ pool }: Database, nodeId: string, error: unknown): Promise<void> {
  const cause = error === undefined ? null : causeOf(error).reason;
  if (!cause || !NOT_ITS_FAULT.has(cause)) await noteContact(pool, nodeId, cause);
}

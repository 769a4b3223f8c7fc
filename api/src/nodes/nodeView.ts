import { hasEnded, isQuirk, JOB_STATES, type Windows } from '@viaduct/domain';
import { slotUsage, type Database } from '@viaduct/prisma';
import type { Rates } from '../jobs/rates.ts';
import type { NodeView } from '../schemas/nodes.ts';
import { gateNow, healthOf, lastAskedAt, type NodeRow } from './nodeHealth.ts';

/** What nodes are read from. */
export interface NodeReading {
  readonly database: Database;
  readonly rates: Rates;
}

interface SlotsOfJob {
  readonly nodeId: string;
  readonly id: string;
  readonly number: number;
  readonly used: number;
}

/** What a node is used for now. */
interface Use {
  readonly load: NodeView['load'];
  readonly openJobs: number;
}

const SLOTS_OF_JOBS = `
  SELECT s.node_id AS "nodeId", j.id, j.number, count(*)::int AS used FROM pacs_slot AS s JOIN job AS j ON j.id = s.job_id
  WHERE s.expires_at >= clock_timestamp() GROUP BY s.node_id, j.id ORDER BY j.number`;

const OPEN_STATES = JOB_STATES.filter((state) => !hasEnded(state));
/** Open jobs are few. Only of those with several sources the studies are looked at. */
const OPEN_JOBS = `
  SELECT n.id AS "nodeId", count(*)::int AS jobs FROM job AS j
  JOIN node AS n ON n.id = ANY (j.destination_ids) OR n.id = ANY (j.source_ids) AND (cardinality(j.source_ids) = 1
    OR EXISTS (SELECT FROM task AS t WHERE t.job_id = j.id AND t.state = ANY ($1) AND t.source_id = n.id))
  WHERE j.tasks_pending + j.tasks_running + j.tasks_paused > 0 AND j.state = ANY ($1) AND j.deleted_at IS NULL
  GROUP BY n.id`;

/** All nodes: servers before folders, each by name. */
export async function readNodes(reading: NodeReading): Promise<NodeView[]> {
  const rows = await reading.database.client.node.findMany({ orderBy: [{ kind: 'desc' }, { name: 'asc' }] });
  return withUse(reading, rows);
}

/** One node, or undefined. */
export async function readNode(reading: NodeReading, id: string): Promise<NodeView | undefined> {
  const row = await reading.database.client.node.findUnique({ where: { id } });
  return row ? (await withUse(reading, [row]))[0] : undefined;
}

async function withUse({ database, rates }: NodeReading, rows: readonly NodeRow[]): Promise<NodeView[]> {
  const { pool, client } = database;
  const people = rows.flatMap(({ suspendedBy }) => suspendedBy ?? []);
  const [usages, { rows: slots }, { rows: open }, names] = await Promise.all([
    slotUsage(pool),
    pool.query<SlotsOfJob>(SLOTS_OF_JOBS),
    pool.query<{ nodeId: string; jobs: number }>(OPEN_JOBS, [OPEN_STATES]),
    people.length === 0
      ? []
      : client.user.findMany({ where: { id: { in: people } }, select: { id: true, name: true } }),
  ]);
  const usageOf = new Map(usages.map((usage) => [usage.nodeId, usage]));
  const jobs = new Map(open.map((entry) => [entry.nodeId, entry.jobs]));
  const nameOf = new Map(names.map(({ id, name }) => [id, name]));
  const now = Date.now();
  return rows.map((row) => {
    const load = {
      used: usageOf.get(row.id)?.used ?? 0,
      of: row.maxAssociations,
      allowed: usageOf.get(row.id)?.allowed ?? row.maxAssociations,
      jobs: slots.filter(({ nodeId }) => nodeId === row.id).map(({ nodeId: _, ...job }) => job),
      requests: row.requestsPerMinute === null ? null : (rates.requestsTo(row.id) ?? null),
    };
    return nodeView(row, { load, openJobs: jobs.get(row.id) ?? 0 }, nameOf.get(row.suspendedBy ?? '') ?? null, now);
  });
}

const WEB_AUTHS = ['none', 'basic', 'bearer', 'oauth2', 'header'] as const;

/** Columns that are shown as they are. */
const PLAIN = [
  'id',
  'number',
  'name',
  'notes',
  'maySource',
  'mayDestination',
  'aeTitle',
  'host',
  'port',
  'callingAeTitle',
  'maxAssociations',
  'requestsPerMinute',
  'megabytesPerSecond',
  'queryCharacterSet',
  'connectTimeoutMs',
  'associationTimeoutMs',
  'responseTimeoutMs',
  'idleTimeoutMs',
  'tls',
  'tlsCa',
  'tlsCertificate',
  'tlsKey',
  'tlsServerName',
  'webUrl',
  'webQidoPrefix',
  'webWadoPrefix',
  'webStowPrefix',
  'webAuthName',
  'webAuthTokenUrl',
  'path',
  'suspended',
  'suspendedReason',
  'probe',
] as const satisfies readonly (keyof NodeRow & keyof NodeView)[];

const plain = (row: NodeRow) =>
  Object.fromEntries(PLAIN.map((name) => [name, row[name]])) as Pick<NodeRow, (typeof PLAIN)[number]>;

function nodeView(row: NodeRow, use: Use, suspendedBy: string | null, now: number): NodeView {
  const windows = row.windows as Windows | null;
  return {
    ...plain(row),
    kind: row.kind === 'folder' ? 'folder' : 'server',
    retrieveMethod: row.retrieveMethod === 'c-move' ? 'c-move' : 'c-get',
    quirks: row.quirks.filter(isQuirk),
    face: row.face === 'web' ? 'web' : 'dimse',
    webAuth: WEB_AUTHS.find((name) => name === row.webAuth) ?? 'none',
    hasWebAuthSecret: row.webAuthSecret !== null,
    windows,
    suspendedBy: row.suspendedCause === null ? suspendedBy : 'Viaduct',
    suspendedAt: row.suspendedAt?.toISOString() ?? null,
    lastAskedAt: lastAskedAt(row)?.toISOString() ?? null,
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
    health: healthOf(row),
    gate: gateNow({ ...row, windows }, now, row.suspendedCause !== null),
    ...use,
  };
}

import { explain, hasEnded, isCause, JOB_STATES, may, type Windows } from '@viaduct/domain';
import type { Database } from '@viaduct/prisma';
import type { SignedIn } from '../http/context.ts';
import { visibleJobs } from '../jobs/access.ts';
import { forActor, readJobRows, type JobReading } from '../jobs/jobRows.ts';
import { gateNow } from '../nodes/nodeHealth.ts';
import type { DashboardView } from '../schemas/operate.ts';
import { isAlive } from '../system/readiness.ts';
import { CAUSE_NODE } from '../tasks/filter.ts';
import { readNeeded } from './needed.ts';

/** Jobs that are listed of each kind. */
const LISTED = 10;
const RUNNING = ['running', 'pausing', 'canceling'];
const WAITING = JOB_STATES.filter((state) => !hasEnded(state) && !RUNNING.includes(state));

/** What the dashboard is read from. */
export interface DashboardReading extends JobReading {
  /** See `createThroughput`. */
  readonly throughput: () => Promise<DashboardView['throughput']>;
}

/** Everything that the dashboard shows to a person. */
export async function readDashboard(reading: DashboardReading, actor: SignedIn): Promise<DashboardView> {
  const { database, throughput } = reading;
  const { client, pool } = database;
  const [needed, running, waiting, counts, flow, clock, failures, spool] = await Promise.all([
    readNeeded(database, actor),
    jobsIn(reading, actor, RUNNING),
    jobsIn(reading, actor, WAITING),
    countJobs(client, actor),
    throughput(),
    readClock(client),
    readFailuresToday(pool, may(actor, 'operate') ? null : actor.userId),
    may(actor, 'manage-nodes') ? readSpool(client) : [],
  ]);
  const at = new Date().toISOString();
  return { at, needed, running, waiting, counts, throughput: flow, clock, failures, spool };
}

/** Those that have waited or run for longest first. */
async function jobsIn(reading: JobReading, actor: SignedIn, states: readonly string[]) {
  const rows = await reading.database.client.job.findMany({
    where: { ...visibleJobs(actor), state: { in: [...states] } },
    orderBy: [{ urgent: 'desc' }, { number: 'asc' }],
    take: LISTED,
    select: { id: true },
  });
  const jobs = await readJobRows(
    reading,
    rows.map(({ id }) => id),
  );
  return jobs.map((job) => forActor(job, actor));
}

async function countJobs(client: Database['client'], actor: SignedIn): Promise<DashboardView['counts']> {
  const [running, waiting] = await Promise.all(
    [RUNNING, WAITING].map((states) =>
      client.job.count({ where: { ...visibleJobs(actor), state: { in: [...states] } } }),
    ),
  );
  return { running: running ?? 0, waiting: waiting ?? 0 };
}

async function readClock(client: Database['client']): Promise<DashboardView['clock']> {
  const rows = await client.node.findMany({ orderBy: [{ kind: 'desc' }, { name: 'asc' }] });
  const now = Date.now();
  return rows.map((row) => ({
    node: { id: row.id, name: row.name },
    gate: gateNow({ ...row, windows: row.windows as Windows | null }, now, row.suspendedCause !== null),
  }));
}

interface FailuresRow {
  readonly cause: string | null;
  readonly nodeId: string | null;
  readonly node: string | null;
  readonly studies: number;
  readonly jobs: number;
}

const FAILURES_TODAY = `
  SELECT g.*, n.name AS node FROM (
    SELECT t.cause, ${CAUSE_NODE} AS "nodeId", count(*)::int AS studies, count(DISTINCT t.job_id)::int AS jobs
    FROM task AS t JOIN job AS j ON j.id = t.job_id
    WHERE t.state = 'failure' AND t.ended_at >= date_trunc('day', now(), 'UTC') AND j.deleted_at IS NULL
      AND ($1::text IS NULL OR j.owner_id = $1)
    GROUP BY t.cause, 2
  ) AS g LEFT JOIN node AS n ON n.id = g."nodeId" ORDER BY g.studies DESC LIMIT ${LISTED}`;

async function readFailuresToday(pool: Database['pool'], ownerId: string | null): Promise<DashboardView['failures']> {
  const { rows } = await pool.query<FailuresRow>(FAILURES_TODAY, [ownerId]);
  return rows.map(({ cause, nodeId, node, studies, jobs }) => {
    const known = isCause(cause) ? cause : 'internal';
    return {
      failure: { cause: known, ...explain(known, {}, node ?? undefined) },
      node: nodeId && node ? { id: nodeId, name: node } : null,
      studies,
      jobs,
    };
  });
}

async function readSpool(client: Database['client']): Promise<DashboardView['spool']> {
  const rows = await client.workerHost.findMany({ orderBy: { id: 'asc' } });
  return rows.map(({ id, spoolFreeBytes, lastSeenAt }) => ({
    host: id,
    freeBytes: Number(spoolFreeBytes),
    up: isAlive(lastSeenAt),
    lastSeen: lastSeenAt.toISOString(),
  }));
}

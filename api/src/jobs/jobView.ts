import { actionsFor, type Action, type JobState } from '@viaduct/domain';
import type { Database, Prisma } from '@viaduct/prisma';
import type { JobView } from '../schemas/jobs.ts';
import { readReasons } from './reason.ts';
import { requestShown, requestView } from './requestView.ts';

/** Requests that are shown with a job. */
const REQUESTS = 20;

const shown = {
  project: { select: { id: true, name: true } },
  owner: { select: { id: true, name: true } },
  requests: { select: requestShown, orderBy: { requestedAt: 'desc' }, take: REQUESTS },
} as const;

interface Ends {
  readonly sources: { id: string; name: string }[];
  readonly destination: { id: string; name: string };
}
const NOWHERE: Ends = { sources: [], destination: { id: '', name: '' } };

/** Reads the jobs with these ids, in the order of the ids; those that are gone are left out. */
export async function readJobs(database: Database, ids: readonly string[]): Promise<JobView[]> {
  if (ids.length === 0) return [];
  const rows = await database.client.job.findMany({ where: { id: { in: [...ids] } }, include: shown });
  const held = rows.map((row) => ({ ...row, state: row.state as JobState }));
  const [ends, reasons] = await Promise.all([readEnds(database.pool, ids), readReasons(database, held)]);
  const views = new Map(held.map((row) => [row.id, view(row, ends.get(row.id) ?? NOWHERE, reasons.get(row.id))]));
  return ids.flatMap((id) => views.get(id) ?? []);
}

/** Where the tasks of each job come from and go to. */
async function readEnds(pool: Database['pool'], ids: readonly string[]): Promise<Map<string, Ends>> {
  const { rows } = await pool.query<Ends & { jobId: string }>(
    `SELECT job_id AS "jobId",
       json_agg(DISTINCT jsonb_build_object('id', s.id, 'name', s.name)) AS sources,
       (json_agg(json_build_object('id', d.id, 'name', d.name)) -> 0) AS destination
     FROM (SELECT DISTINCT job_id, source_id, destination_id FROM task WHERE job_id = ANY ($1::uuid[])) AS t
     JOIN node AS s ON s.id = t.source_id JOIN node AS d ON d.id = t.destination_id
     GROUP BY job_id`,
    [ids],
  );
  return new Map(rows.map(({ jobId, ...ends }) => [jobId, ends]));
}

type JobRow = Prisma.JobGetPayload<{ include: typeof shown }>;

/** Tasks that were paused one by one can be resumed together while the job runs. */
function actionsOf(row: {
  state: JobState;
  tasksFailure: number;
  tasksCanceled: number;
  tasksPaused: number;
}): Action[] {
  const actions = actionsFor({ state: row.state, failed: row.tasksFailure + row.tasksCanceled });
  return row.state === 'running' && row.tasksPaused > 0 ? [...actions, 'resume'] : actions;
}

function view(row: Omit<JobRow, 'state'> & { state: JobState }, ends: Ends, reason: string | undefined): JobView {
  const tasks = {
    pending: row.tasksPending,
    running: row.tasksRunning,
    paused: row.tasksPaused,
    canceled: row.tasksCanceled,
    success: row.tasksSuccess,
    warning: row.tasksWarning,
    failure: row.tasksFailure,
  };
  return {
    id: row.id,
    number: row.number,
    kind: 'selective',
    title: row.title,
    project: row.project,
    owner: row.owner,
    ...ends,
    pseudonymize: row.pseudonymize,
    trialId: row.trialId,
    trialName: row.trialName,
    urgent: row.urgent,
    state: row.state,
    ...(reason && { reason }),
    control: row.control as JobView['control'],
    tasks: { ...tasks, total: Object.values(tasks).reduce((sum, count) => sum + count, 0) },
    instances: {
      expected: row.instancesExpected,
      retrieved: row.instancesRetrieved,
      stored: row.instancesStored,
      verified: row.instancesVerified,
      failed: row.instancesFailed,
    },
    bytes: { retrieved: Number(row.bytesRetrieved), stored: Number(row.bytesStored) },
    createdAt: row.createdAt.toISOString(),
    startedAt: row.startedAt?.toISOString() ?? null,
    endedAt: row.endedAt?.toISOString() ?? null,
    actions: actionsOf(row),
    requests: row.requests.map(requestView),
    statusSeq: Number(row.statusSeq),
  };
}

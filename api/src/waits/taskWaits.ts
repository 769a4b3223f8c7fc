import { ALWAYS, gateOf, MOST_AHEAD, taskWait, type Schedule, type WaitReason } from '@viaduct/domain';
import { slotJobs, type Database } from '@viaduct/prisma';
import type { WaitView } from '../schemas/waits.ts';
import { readPeople } from './jobWaits.ts';
import { aheadOf, readLine } from './line.ts';
import { waitView, type Surroundings } from './surroundings.ts';

/** What decides why a task does not move. */
export interface HeldTask {
  readonly id: string;
  readonly jobId: string;
  readonly taskNo: number;
  readonly state: string;
  readonly sourceId: string;
  readonly destinationId: string;
  /** What the step that works on it waits for. */
  readonly wait: WaitReason | null;
}

interface JobFacts {
  readonly id: string;
  readonly number: number;
  readonly urgent: boolean;
  readonly schedule: Schedule | null;
  readonly control: string;
  readonly controlBy: string | null;
  readonly controlAt: Date | null;
}

/** Why tasks, of one job or of several, do not move, by task id; those that do are left out. */
export async function readTaskWaits(
  database: Database,
  tasks: readonly HeldTask[],
  around: Surroundings,
): Promise<Map<string, WaitView>> {
  const jobs = await readJobFacts(database, tasks);
  const reasons = tasks.flatMap((task) => {
    const job = jobs.get(task.jobId);
    const reason = job && reasonOf(task, job, around);
    return reason ? [{ task, job, reason }] : [];
  });
  const queued = reasons.filter(({ reason }) => reason.kind === 'queued').map(({ task }) => task);
  const busy = reasons.flatMap(({ reason }) => (reason.kind === 'slot' ? (reason.nodeId ?? []) : []));
  const [people, holders, slots, ahead] = await Promise.all([
    readPeople(database, [...jobs.values()]),
    readHolders(
      database.pool,
      tasks.filter(({ state }) => state === 'paused').map(({ id }) => id),
    ),
    busy.length > 0 ? slotJobs(database.pool, [...new Set(busy)]) : new Map<string, number[]>(),
    readAhead(database.pool, queued, jobs),
  ]);
  return new Map(
    reasons.map(({ task, job, reason }) => {
      const own =
        task.state === 'paused'
          ? holders.get(task.id)
          : { by: people.get(job.controlBy ?? ''), pausedAt: job.controlAt };
      const held = reason.kind === 'paused' && own;
      const names = { ...held, jobs: slots.get(reason.nodeId ?? ''), ahead: ahead.get(task.id) };
      return [task.id, waitView(reason, around, names)];
    }),
  );
}

/** Who has paused studies alone, and when, by task id. */
const HOLDERS = `
  SELECT t.id, u.name AS by, r.requested_at AS "pausedAt" FROM task AS t
  CROSS JOIN LATERAL (
    SELECT user_id, requested_at FROM request
    WHERE job_id = t.job_id AND action = 'pause' AND state <> 'refused' AND t.task_no = ANY (task_nos)
    ORDER BY requested_at DESC LIMIT 1
  ) AS r JOIN "user" AS u ON u.id = r.user_id
  WHERE t.id = ANY ($1::uuid[])`;

interface Holder {
  readonly id: string;
  readonly by: string;
  readonly pausedAt: Date;
}

async function readHolders(pool: Database['pool'], paused: readonly string[]): Promise<Map<string, Holder>> {
  if (paused.length === 0) return new Map();
  const { rows } = await pool.query<Holder>(HOLDERS, [paused]);
  return new Map(rows.map((holder) => [holder.id, holder]));
}

async function readJobFacts({ client }: Database, tasks: readonly HeldTask[]): Promise<Map<string, JobFacts>> {
  const ids = [...new Set(tasks.map(({ jobId }) => jobId))];
  if (ids.length === 0) return new Map();
  const rows = await client.job.findMany({
    where: { id: { in: ids } },
    select: { id: true, number: true, urgent: true, schedule: true, control: true, controlBy: true, controlAt: true },
  });
  return new Map(rows.map((row) => [row.id, { ...row, schedule: row.schedule as Schedule | null }]));
}

function reasonOf(task: HeldTask, job: JobFacts, { now, hasWorker, nodes }: Surroundings): WaitReason | undefined {
  const ends = [task.sourceId, task.destinationId].flatMap((id) => nodes.get(id) ?? []);
  const gates = { schedule: job.schedule ?? ALWAYS, urgent: job.urgent, nodes: ends };
  return taskWait({
    state: task.state,
    hasWorker,
    control: job.control,
    gate: gateOf(gates, task, now),
    stepWait: task.wait,
  });
}

/** How many studies go before each of these: those of other jobs, and those of its own job with a lower number. */
async function readAhead(
  pool: Database['pool'],
  queued: readonly HeldTask[],
  jobs: ReadonlyMap<string, JobFacts>,
): Promise<Map<string, number>> {
  if (queued.length === 0) return new Map();
  const line = await readLine(pool);
  const ahead = new Map<string, number>();
  for (const [jobId, tasks] of Map.groupBy(queued, (task) => task.jobId)) {
    const job = jobs.get(jobId);
    if (!job) continue;
    const others = aheadOf(line, job);
    const sorted = tasks.toSorted((a, b) => a.taskNo - b.taskNo);
    const own = await readAheadInJob(pool, jobId, sorted);
    for (const [index, task] of sorted.entries()) ahead.set(task.id, others + (own[index] ?? 0));
  }
  return ahead;
}

/** One pass over the beginning of the index, however many tasks the job has. */
async function readAheadInJob(pool: Database['pool'], jobId: string, sorted: readonly HeldTask[]): Promise<number[]> {
  const taskNos = sorted.map(({ taskNo }) => taskNo);
  const { rows } = await pool.query<{ bucket: number; count: number }>(
    `SELECT width_bucket(task_no, $2::integer[]) AS bucket, count(*)::int AS count FROM (
       SELECT task_no FROM task WHERE job_id = $1 AND state = 'pending' AND task_no < $3 ORDER BY task_no LIMIT $4
     ) AS before GROUP BY bucket`,
    [jobId, taskNos, taskNos.at(-1), MOST_AHEAD + 1],
  );
  const counts = new Map(rows.map(({ bucket, count }) => [bucket, count]));
  let sum = 0;
  return taskNos.map((_taskNo, index) => (sum += counts.get(index) ?? 0));
}

import { hasEnded, waitWords, type JobState, type WaitReason } from '@viaduct/domain';
import { HOST_ALIVE_WITHIN_MS, type Database } from '@viaduct/prisma';

/** What decides why a job does not move. */
export interface Held {
  readonly id: string;
  readonly state: JobState;
  readonly control: string;
  readonly controlBy: string | null;
  readonly controlAt: Date | null;
}

interface WaitRow {
  readonly jobId: string;
  readonly wait: WaitReason;
  readonly tasks: number;
  readonly nodeName: string | null;
}

/** The commonest reasons first. Only tasks that are being worked on wait for something. */
const WAITS = `
  SELECT w.job_id AS "jobId", w.wait, w.tasks, n.name AS "nodeName" FROM (
    SELECT job_id, wait, count(*)::int AS tasks FROM task
    WHERE job_id = ANY ($1::uuid[]) AND state IN ('running', 'waiting') AND wait IS NOT NULL
    GROUP BY job_id, wait
  ) AS w LEFT JOIN node AS n ON n.id::text = w.wait ->> 'nodeId'
  ORDER BY w.tasks DESC`;

/** Why the jobs wait or are held, as sentences by job id; those that just run or have ended are left out. */
export async function readReasons({ client, pool }: Database, jobs: readonly Held[]): Promise<Map<string, string>> {
  const open = jobs.filter(({ state }) => !hasEnded(state));
  if (open.length === 0) return new Map();
  const people = open.flatMap(({ controlBy }) => (controlBy ? [controlBy] : []));
  const [waits, alive, names] = await Promise.all([
    pool.query<WaitRow>(WAITS, [open.map(({ id }) => id)]),
    client.workerHost.count({ where: { lastSeenAt: { gt: new Date(Date.now() - HOST_ALIVE_WITHIN_MS) } } }),
    people.length === 0
      ? []
      : client.user.findMany({ where: { id: { in: people } }, select: { id: true, name: true } }),
  ]);
  const nameOf = new Map(names.map(({ id, name }) => [id, name]));
  const reasons = new Map<string, string>();
  for (const job of open) {
    const sentence = reasonOf(job, waits.rows, alive > 0, nameOf.get(job.controlBy ?? ''));
    if (sentence) reasons.set(job.id, sentence);
  }
  return reasons;
}

function reasonOf(job: Held, waits: readonly WaitRow[], alive: boolean, by: string | undefined): string | undefined {
  if (!alive) return 'No worker is running at the moment; the job goes on as soon as one is there.';
  if (job.control === 'pause') return by ? `Held by ${by}.` : 'Held.';
  const own = waits.filter(({ jobId }) => jobId === job.id);
  const [first] = own;
  if (!first) return undefined;
  const words = waitWords(first.wait, first.nodeName ?? 'a server that is gone');
  const tasks = own.reduce((sum, { tasks }) => sum + tasks, 0);
  return tasks === 1 ? words : `${tasks} studies wait. ${words}`;
}

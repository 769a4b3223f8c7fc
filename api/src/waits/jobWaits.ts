import {
  ALWAYS,
  hasEnded,
  jobGate,
  nodeGate,
  waitOfGate,
  type JobState,
  type Schedule,
  type WaitReason,
} from '@viaduct/domain';
import { slotJobs, type Database } from '@viaduct/prisma';
import type { WaitView } from '../schemas/waits.ts';
import { aheadOf, readLine, type InLine } from './line.ts';
import { waitView, type Surroundings } from './surroundings.ts';

/** What decides why a job does not move. */
export interface HeldJob {
  readonly id: string;
  readonly number: number;
  readonly state: JobState;
  readonly urgent: boolean;
  readonly schedule: Schedule | null;
  readonly control: string;
  readonly controlBy: string | null;
  readonly controlAt: Date | null;
  /** What its workflow sleeps for. */
  readonly wait: WaitReason | null;
  readonly tasksPending: number;
  readonly tasksRunning: number;
  /** The nodes that its tasks come from and go to. */
  readonly sourceIds: readonly string[];
  readonly destinationIds: readonly string[];
}

interface StepWait {
  readonly jobId: string;
  readonly wait: WaitReason;
  readonly tasks: number;
}

/** The commonest reasons first. Only tasks that are being worked on or reviewed wait for something of their own. */
const STEP_WAITS = `
  SELECT job_id AS "jobId", wait, count(*)::int AS tasks FROM task
  WHERE job_id = ANY ($1::uuid[]) AND state IN ('pending', 'running', 'waiting') AND wait IS NOT NULL
  GROUP BY job_id, wait ORDER BY tasks DESC`;

/** Which of the jobs have studies that wait between nodes of which one is closed. */
const BEHIND_CLOSED = `
  SELECT j.id AS "jobId", n.id AS "nodeId" FROM unnest($1::uuid[]) AS j(id) CROSS JOIN unnest($2::uuid[]) AS n(id)
  WHERE EXISTS (SELECT FROM task AS t WHERE t.job_id = j.id AND t.state = 'pending' AND n.id IN (t.source_id, t.destination_id))`;

const HOLDERS = `
  SELECT DISTINCT ON (r.job_id) r.job_id AS "jobId", u.name AS by, r.requested_at AS "pausedAt"
  FROM request AS r JOIN "user" AS u ON u.id = r.user_id
  WHERE r.job_id = ANY ($1::uuid[]) AND r.action = 'pause' AND r.state <> 'refused'
  ORDER BY r.job_id, r.requested_at DESC`;

interface Holder {
  readonly jobId: string;
  readonly by: string;
  readonly pausedAt: Date;
}

interface Facts {
  readonly around: Surroundings;
  readonly steps: readonly StepWait[];
  readonly slots: ReadonlyMap<string, number[]>;
  readonly line: readonly InLine[];
  readonly people: ReadonlyMap<string, string>;
  /** Who has paused the last of the studies that hold a job, and when, by job. */
  readonly holders: ReadonlyMap<string, Holder>;
  /** Closed nodes that studies of a job wait for, by job. */
  readonly behind: ReadonlyMap<string, string>;
}

/** Why jobs wait or are held, by job id; those that just run or have ended are left out. */
export async function readJobWaits(
  database: Database,
  jobs: readonly HeldJob[],
  around: Surroundings,
): Promise<Map<string, WaitView>> {
  const open = jobs.filter(({ state }) => !hasEnded(state));
  if (open.length === 0) return new Map();
  const { pool } = database;
  const [{ rows: steps }, people, holders, behind, line] = await Promise.all([
    pool.query<StepWait>(STEP_WAITS, [open.map(({ id }) => id)]),
    readPeople(database, open),
    readHolders(pool, open.filter(isHeldBySingles)),
    readBehind(pool, open, around),
    open.some(mayQueue) ? readLine(pool) : [],
  ]);
  const busy = steps.flatMap(({ wait }) => (wait.kind === 'slot' && wait.nodeId ? [wait.nodeId] : []));
  const slots = busy.length > 0 ? await slotJobs(pool, busy) : new Map<string, number[]>();
  const facts: Facts = { around, steps, slots, line, people, holders, behind };
  return new Map(
    open.flatMap((job) => {
      const view = waitOf(job, facts);
      return view ? [[job.id, view] as const] : [];
    }),
  );
}

const mayQueue = ({ tasksPending, tasksRunning }: HeldJob) => tasksPending > 0 && tasksRunning === 0;

/** Nobody has paused the job, but each of its studies that is left. */
const isHeldBySingles = ({ state, control }: HeldJob) => state === 'paused' && control !== 'pause';

async function readHolders(pool: Database['pool'], jobs: readonly HeldJob[]): Promise<Map<string, Holder>> {
  if (jobs.length === 0) return new Map();
  const { rows } = await pool.query<Holder>(HOLDERS, [jobs.map(({ id }) => id)]);
  return new Map(rows.map((holder) => [holder.jobId, holder]));
}

/** Names of those who control the jobs. */
export async function readPeople(
  { client }: Database,
  jobs: readonly { readonly controlBy: string | null }[],
): Promise<Map<string, string>> {
  const ids = jobs.flatMap(({ controlBy }) => controlBy ?? []);
  if (ids.length === 0) return new Map();
  const rows = await client.user.findMany({ where: { id: { in: ids } }, select: { id: true, name: true } });
  return new Map(rows.map(({ id, name }) => [id, name]));
}

async function readBehind(pool: Database['pool'], jobs: readonly HeldJob[], around: Surroundings) {
  const closed = [...around.nodes.values()].filter((node) => !nodeGate(node, around.now).open).map(({ id }) => id);
  const concerned = jobs.filter(
    ({ sourceIds, destinationIds, tasksPending }) =>
      tasksPending > 0 && [...sourceIds, ...destinationIds].some((id) => closed.includes(id)),
  );
  if (concerned.length === 0) return new Map<string, string>();
  const { rows } = await pool.query<{ jobId: string; nodeId: string }>(BEHIND_CLOSED, [
    concerned.map(({ id }) => id),
    closed,
  ]);
  return new Map(rows.map(({ jobId, nodeId }) => [jobId, nodeId]));
}

function waitOf(job: HeldJob, facts: Facts): WaitView | undefined {
  const { around } = facts;
  const show = (reason: WaitReason, names = {}) => waitView(reason, around, names);
  if (!around.hasWorker) return show({ kind: 'no-worker' });
  if (job.control === 'cancel') return undefined;
  if (job.control === 'pause')
    return show({ kind: 'paused' }, { by: facts.people.get(job.controlBy ?? ''), pausedAt: job.controlAt });
  if (isHeldBySingles(job)) return show({ kind: 'paused' }, facts.holders.get(job.id));
  const own = waitOfGate(jobGate({ schedule: job.schedule ?? ALWAYS, urgent: job.urgent, nodes: [] }, around.now));
  if (own) return show(own);
  const step = stepWait(job, facts);
  if (step) return step;
  const node = around.nodes.get(facts.behind.get(job.id) ?? '');
  const closed = node && waitOfGate(nodeGate(node, around.now));
  if (closed) return show(closed);
  return mayQueue(job) ? show({ kind: 'queued' }, { ahead: aheadOf(facts.line, job) }) : undefined;
}

/** What most of its running studies wait for. */
function stepWait(job: HeldJob, { around, steps, slots }: Facts): WaitView | undefined {
  const own = steps.filter(({ jobId }) => jobId === job.id);
  const [first] = own;
  if (!first) return undefined;
  const view = waitView(first.wait, around, { jobs: slots.get(first.wait.nodeId ?? '') });
  const tasks = own.reduce((sum, step) => sum + step.tasks, 0);
  return tasks === 1 ? view : { ...view, text: `${tasks.toLocaleString('en-US')} studies wait. ${view.text}` };
}

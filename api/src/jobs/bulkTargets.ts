import {
  hasEnded,
  JOB_STATES,
  jobActionsFor,
  may,
  taskActionsFor,
  TASK_STATES,
  type Actionable,
  type JobAction,
  type JobState,
  type TaskAction,
  type TaskState,
} from '@viaduct/domain';
import type { Database } from '@viaduct/prisma';
import type { SignedIn } from '../http/context.ts';
import { invalid, notFound } from '../http/problems.ts';
import { MOST_JOBS } from '../schemas/actions.ts';

/** A job that a bulk action is about, and what it would do to it. */
export interface BulkTarget {
  readonly id: string;
  readonly number: number;
  readonly title: string;
  /** Whether the request names tasks of the job instead of all of it. */
  readonly ofNode: boolean;
  readonly job: Actionable;
  /** Studies that it would change, those of them that run, and their images that are stored. */
  readonly studies: number;
  readonly running: number;
  readonly stored: number;
}

/** Jobs that a bulk action is not even tried on, by state. */
export interface Passed {
  readonly state: JobState;
  readonly count: number;
}

interface JobRow extends Actionable {
  readonly id: string;
  readonly number: number;
  readonly title: string;
  readonly control: string;
  readonly pending: number;
  readonly running: number;
  readonly success: number;
  readonly stored: number;
}

const COLUMNS = `j.id, j.number, j.title, j.state, j.control, j.tasks_failure + j.tasks_canceled AS failed,
  j.tasks_warning AS warnings, j.tasks_paused AS paused, j.tasks_pending AS pending, j.tasks_running AS running,
  j.tasks_success AS success, j.instances_stored AS stored`;
/** Everything that a person may act on. */
const MINE = `j.deleted_at IS NULL AND ($2::text IS NULL OR j.owner_id = $2)`;

const ownerOf = (actor: SignedIn) => (may(actor, 'operate') ? null : actor.userId);

/** The states of jobs for which an action may make sense. */
const statesFor = (action: JobAction): JobState[] =>
  JOB_STATES.filter((state) => jobActionsFor({ state, failed: 1, warnings: 1, paused: 1 }).includes(action));

/** The states of tasks for which it may; a schedule or urgency matters to those that have not ended. */
export const taskStatesFor = (action: JobAction): TaskState[] =>
  TASK_STATES.filter((state) =>
    action === 'set-priority' || action === 'set-schedule'
      ? !hasEnded(state)
      : taskActionsFor(state).includes(action as TaskAction),
  );

/** The jobs with these ids, in the order of their numbers; those that the person may not see are left out. */
export async function targetsByIds(
  { pool }: Database,
  actor: SignedIn,
  action: JobAction,
  jobIds: readonly string[],
): Promise<BulkTarget[]> {
  const { rows } = await pool.query<JobRow>(
    `SELECT ${COLUMNS} FROM job AS j WHERE j.id = ANY ($1::uuid[]) AND ${MINE} ORDER BY j.number`,
    [jobIds, ownerOf(actor)],
  );
  return rows.map((row) => wholeJob(row, action));
}

/** The jobs of a project that the action may make sense for, and how many there are beside them. */
export async function targetsOfProject(
  { pool, client }: Database,
  actor: SignedIn,
  action: JobAction,
  projectId: string,
): Promise<{ targets: BulkTarget[]; passed: Passed[] }> {
  if ((await client.project.count({ where: { id: projectId } })) === 0) throw notFound('project');
  const states = statesFor(action);
  const [{ rows }, { rows: passed }] = await Promise.all([
    pool.query<JobRow>(
      `SELECT ${COLUMNS} FROM job AS j WHERE j.project_id = $1 AND ${MINE} AND j.state = ANY ($3)
       ORDER BY j.number LIMIT ${MOST_JOBS + 1}`,
      [projectId, ownerOf(actor), states],
    ),
    pool.query<Passed>(
      `SELECT j.state, count(*)::int AS count FROM job AS j WHERE j.project_id = $1 AND ${MINE} AND NOT j.state = ANY ($3)
       GROUP BY j.state ORDER BY j.state`,
      [projectId, ownerOf(actor), states],
    ),
  ]);
  demandFew(rows.length);
  return { targets: rows.map((row) => wholeJob(row, action)), passed };
}

/** The jobs with studies that come from a node or go to it and for which the action makes sense. */
export async function targetsOfNode(
  { pool, client }: Database,
  actor: SignedIn,
  action: JobAction,
  nodeId: string,
): Promise<BulkTarget[]> {
  if ((await client.node.count({ where: { id: nodeId } })) === 0) throw notFound('node');
  const states = taskStatesFor(action);
  const { rows } = await pool.query<JobRow & { ofNode: Pick<BulkTarget, 'studies' | 'running' | 'stored'> | null }>(
    `SELECT ${COLUMNS}, (${COUNT_OF_NODE}) AS "ofNode" FROM job AS j
     WHERE $1 = ANY (j.source_ids || j.destination_ids) AND ${counterOf(states)} > 0 AND ${MINE}
     ORDER BY j.number LIMIT ${MOST_JOBS + 1}`,
    [nodeId, ownerOf(actor), states],
  );
  demandFew(rows.length);
  return rows.flatMap(({ ofNode, ...row }) => {
    const whole = wholeJob(row, action);
    // A request about every study of a job is one about the job: it then shows as what it is.
    if (ofNode === null || ofNode.studies >= whole.studies) return [whole];
    return ofNode.studies === 0 ? [] : [{ ...whole, ...ofNode, ofNode: true }];
  });
}

/** The tasks of a job that are of a node; null when all of them are, so that its counters tell. */
const COUNT_OF_NODE = `
  SELECT json_build_object('studies', count(*), 'stored', coalesce(sum(instances_stored), 0),
    'running', count(*) FILTER (WHERE state IN ('running', 'waiting', 'pausing', 'canceling')))
  FROM task WHERE job_id = j.id AND $1 IN (source_id, destination_id) AND state = ANY ($3)
  HAVING j.source_ids <> ARRAY[$1::uuid] AND j.destination_ids <> ARRAY[$1::uuid]`;

const COUNTERS: Readonly<Record<TaskState, string>> = {
  pending: 'pending',
  waiting: 'running',
  running: 'running',
  pausing: 'running',
  canceling: 'running',
  paused: 'paused',
  canceled: 'canceled',
  success: 'success',
  warning: 'warning',
  failure: 'failure',
};

/** How many tasks of a job are in one of these states, as its counters tell. */
const counterOf = (states: readonly TaskState[]) =>
  ['0', ...new Set(states.map((state) => `j.tasks_${COUNTERS[state]}`))].join(' + ');

function demandFew(count: number): void {
  if (count <= MOST_JOBS) return;
  throw invalid('target', `This is about more than ${MOST_JOBS.toLocaleString('en-US')} jobs: choose fewer.`);
}

function wholeJob(row: JobRow, action: JobAction): BulkTarget {
  const { id, number, title, state, failed, warnings, paused, running, stored } = row;
  const job = { state, failed, warnings, paused };
  return { id, number, title, job, ofNode: false, studies: studiesOf(row, action), running, stored };
}

function studiesOf(row: JobRow, action: JobAction): number {
  const { pending, running, paused, failed, warnings, success } = row;
  switch (action) {
    case 'pause':
      return pending + running;
    case 'resume':
      return row.control === 'pause' ? pending + running + paused : paused;
    case 'retry-failed':
      return failed;
    case 'retry-warnings':
      return warnings;
    case 'restart':
      return failed + warnings + success;
    case 'clone':
    case 'delete':
      return pending + running + paused + failed + warnings + success;
    case 'cancel':
    case 'force-end':
    case 'set-priority':
    case 'set-schedule':
      return pending + running + paused;
  }
}

/** The tasks of a job that come from a node or go to it and for which an action makes sense. */
export async function readTaskNosOfNode(
  { pool }: Database,
  jobId: string,
  nodeId: string,
  action: JobAction,
): Promise<number[]> {
  const { rows } = await pool.query<{ taskNo: number }>(
    `SELECT task_no AS "taskNo" FROM task WHERE job_id = $1 AND $2 IN (source_id, destination_id) AND state = ANY ($3)
     ORDER BY task_no`,
    [jobId, nodeId, taskStatesFor(action)],
  );
  return rows.map(({ taskNo }) => taskNo);
}

import { hasEnded, JOB_STATES, type WaitReason } from '@viaduct/domain';
import type { Database } from '@viaduct/prisma';
import { z } from 'zod';
import { decodeCursor, encodeCursor } from '../http/cursor.ts';
import type { InputOf } from '../operations/operation.ts';
import type { getQueue } from '../operations/operate.ts';
import type { QueueItemView, queuePage } from '../schemas/operate.ts';
import { readSurroundings } from '../waits/surroundings.ts';
import { readTaskWaits } from '../waits/taskWaits.ts';

/** Where a study stands: running ones, then waiting ones; urgent jobs, then the others; by job and task. */
const position = z.object({ waiting: z.boolean(), urgent: z.boolean(), job: z.int(), task: z.int() });
type Position = z.infer<typeof position>;

const OPEN = JOB_STATES.filter((state) => !hasEnded(state));

interface Row {
  readonly id: string;
  readonly jobId: string;
  readonly number: number;
  readonly title: string;
  readonly urgent: boolean;
  readonly ownerId: string;
  readonly owner: string;
  readonly projectId: string;
  readonly project: string;
  readonly taskNo: number;
  readonly state: QueueItemView['state'];
  readonly wait: WaitReason | null;
  readonly sourceId: string;
  readonly source: string;
  readonly destinationId: string;
  readonly destination: string;
  readonly instances: number;
  readonly startedAt: Date | null;
}

/** Jobs in the order of their turn, of each its next studies: the index gives them in order, however many there are. */
const pageOf = (states: string) => `
  SELECT t.id, j.id AS "jobId", j.number, j.title, j.urgent, j.owner_id AS "ownerId", u.name AS owner,
    j.project_id AS "projectId", p.name AS project, t.task_no AS "taskNo", t.state, t.wait, t.source_id AS "sourceId",
    s.name AS source, t.destination_id AS "destinationId", d.name AS destination,
    t.instances_expected + t.shortfall AS instances, t.started_at AS "startedAt"
  FROM (
    SELECT * FROM job WHERE state = ANY ($1) AND deleted_at IS NULL AND (NOT $2 OR control = 'run')
      AND ($6::uuid IS NULL OR $6 = ANY (source_ids || destination_ids))
      AND ($3::boolean IS NULL OR (NOT urgent, number) >= (NOT $3, $4::integer))
  ) AS j CROSS JOIN LATERAL (
    SELECT * FROM task WHERE job_id = j.id AND state ${states} AND task_no > CASE j.number WHEN $4 THEN $5::integer ELSE 0 END
      AND ($6::uuid IS NULL OR $6 IN (source_id, destination_id))
    ORDER BY task_no LIMIT $7
  ) AS t
  JOIN node AS s ON s.id = t.source_id JOIN node AS d ON d.id = t.destination_id
  JOIN "user" AS u ON u.id = j.owner_id JOIN project AS p ON p.id = j.project_id
  ORDER BY j.urgent DESC, j.number, t.task_no LIMIT $7`;

const RUNNING_PAGE = pageOf(`IN ('running', 'waiting', 'pausing', 'canceling')`);
/** Only of one state the index gives them in order. */
const WAITING_PAGE = pageOf(`= 'pending'`);

/** How many studies run and wait, of all jobs. */
export async function countQueue(pool: Database['pool']): Promise<{ running: number; waiting: number }> {
  const { rows } = await pool.query<{ running: number; waiting: number }>(
    `SELECT coalesce(sum(tasks_running), 0)::int AS running,
       coalesce(sum(tasks_pending) FILTER (WHERE control = 'run'), 0)::int AS waiting
     FROM job WHERE state = ANY ($1) AND deleted_at IS NULL`,
    [OPEN],
  );
  return rows[0] ?? { running: 0, waiting: 0 };
}

/** A page of the queue. Studies of paused jobs wait for a person, not for their turn: they are left out. */
export async function readQueue(
  database: Database,
  query: InputOf<typeof getQueue>['query'],
): Promise<z.input<typeof queuePage>> {
  const after = query.cursor === undefined ? undefined : decodeCursor(position, query.cursor);
  const rows: (Row & { waiting: boolean })[] = [];
  for (const waiting of [false, true]) {
    const left = query.limit + 1 - rows.length;
    if (left === 0 || (after?.waiting && !waiting)) continue;
    const found = await readPart(database.pool, waiting, waiting === after?.waiting ? after : undefined, query, left);
    rows.push(...found.map((row) => ({ ...row, waiting })));
  }
  const page = rows.slice(0, query.limit);
  const around = await readSurroundings(database);
  const [waits, counts] = await Promise.all([readTaskWaits(database, page, around), countQueue(database.pool)]);
  const last = rows.length > query.limit ? page.at(-1) : undefined;
  return {
    items: page.map((row) => ({ ...itemOf(row), wait: waits.get(row.id) ?? null })),
    nextCursor: last ? encodeCursor(positionOf(last)) : null,
    ...counts,
    hasWorker: around.hasWorker,
  };
}

async function readPart(
  pool: Database['pool'],
  waiting: boolean,
  after: Position | undefined,
  { nodeId }: { readonly nodeId?: string },
  limit: number,
): Promise<Row[]> {
  const { urgent = null, job = null, task = null } = after ?? {};
  const page = waiting ? WAITING_PAGE : RUNNING_PAGE;
  const { rows } = await pool.query<Row>(page, [OPEN, waiting, urgent, job, task, nodeId ?? null, limit]);
  return rows;
}

const positionOf = ({ waiting, urgent, number, taskNo }: Row & { readonly waiting: boolean }): Position => ({
  waiting,
  urgent,
  job: number,
  task: taskNo,
});

const itemOf = (row: Row): Omit<QueueItemView, 'wait'> => ({
  job: { id: row.jobId, number: row.number, title: row.title },
  taskNo: row.taskNo,
  owner: { id: row.ownerId, name: row.owner },
  project: { id: row.projectId, name: row.project },
  urgent: row.urgent,
  state: row.state,
  source: { id: row.sourceId, name: row.source },
  destination: { id: row.destinationId, name: row.destination },
  instances: row.instances,
  startedAt: row.startedAt?.toISOString() ?? null,
});

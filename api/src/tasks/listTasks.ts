import type { Database } from '@viaduct/prisma';
import { taskCountsOf } from '../jobs/jobRows.ts';
import { numberOf } from '../jobs/listJobs.ts';
import type { InputOf } from '../operations/operation.ts';
import type { listTasks } from '../operations/tasks.ts';
import type { TaskView } from '../schemas/tasks.ts';
import type { JobRowView } from '../schemas/jobs.ts';
import { conditionsOf } from './filter.ts';
import { readTasksByNo } from './taskView.ts';

/** A page of the tasks of a job in their order, with the totals of the job, which are counted as it goes. */
export async function listTasksPage(
  database: Database,
  jobId: string,
  query: InputOf<typeof listTasks>['query'],
): Promise<{ items: TaskView[]; nextCursor: string | null; totals: JobRowView['tasks'] }> {
  const conditions = conditionsOf(jobId, query);
  if (query.cursor !== undefined) conditions.add(`t.task_no > ${conditions.value(numberOf(query.cursor))}`);
  const [{ rows }, job] = await Promise.all([
    database.pool.query<{ taskNo: number }>(
      `SELECT t.task_no AS "taskNo" FROM task AS t WHERE ${conditions.text}
       ORDER BY t.task_no LIMIT ${conditions.value(query.limit + 1)}`,
      conditions.values,
    ),
    database.client.job.findUniqueOrThrow({ where: { id: jobId } }),
  ]);
  const page = rows.slice(0, query.limit).map(({ taskNo }) => taskNo);
  const last = rows.length > query.limit ? page.at(-1) : undefined;
  return {
    items: await readTasksByNo(database, jobId, page),
    nextCursor: last === undefined ? null : String(last),
    totals: taskCountsOf(job),
  };
}

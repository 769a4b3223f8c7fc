import type { Database } from '@viaduct/prisma';
import type { SignedIn } from '../http/context.ts';
import { notFound } from '../http/problems.ts';
import { route, type Route } from '../http/route.ts';
import { actOn } from '../jobs/actions.ts';
import { demandJob } from '../jobs/access.ts';
import { numberOf } from '../jobs/listJobs.ts';
import { actOnTask, getLedger, getManifest, getTask, listTasks } from '../operations/tasks.ts';
import { readLedger } from './ledgerPage.ts';
import { readSteps } from './steps.ts';
import { taskShown, taskView } from './taskView.ts';

/** Tasks of a job: list, detail, ledger, manifest, actions. */
export function taskRoutes(database: Database): Route[] {
  const { client, pool } = database;
  const read = async (actor: SignedIn, jobId: string, taskNo: number) => {
    await demandJob(client, actor, jobId);
    const task = await client.task.findUnique({ where: { jobId_taskNo: { jobId, taskNo } }, select: taskShown });
    if (!task) throw notFound('task');
    return task;
  };

  return [
    route(listTasks, async ({ actor, params, query }) => {
      await demandJob(client, actor, params.id);
      const after = query.cursor === undefined ? 0 : numberOf(query.cursor);
      const rows = await client.task.findMany({
        where: { jobId: params.id, taskNo: { gt: after }, ...(query.state && { state: { in: query.state } }) },
        orderBy: { taskNo: 'asc' },
        take: query.limit + 1,
        select: taskShown,
      });
      const page = rows.slice(0, query.limit);
      const last = rows.length > query.limit ? page.at(-1) : undefined;
      return { items: page.map(taskView), nextCursor: last ? String(last.taskNo) : null };
    }),

    route(getTask, async ({ actor, params }) => {
      const task = await read(actor, params.id, params.no);
      return { ...taskView(task), steps: await readSteps(client, task) };
    }),

    route(getLedger, async ({ actor, params, query }) =>
      readLedger(pool, await read(actor, params.id, params.no), query),
    ),

    route(getManifest, async ({ actor, params }) => {
      const { id } = await read(actor, params.id, params.no);
      const found = await client.task.findUnique({
        where: { id },
        select: { manifest: true, job: { select: { number: true } } },
      });
      const content = found?.manifest;
      if (!found || typeof content !== 'object' || content === null) throw notFound('manifest');
      return {
        fileName: `viaduct-job-${found.job.number}-task-${params.no}.json`,
        content: content as Record<string, unknown>,
      };
    }),

    route(actOnTask, ({ actor, params, body }) =>
      actOn(database, { actor, jobId: params.id, taskNo: params.no, ...body }),
    ),
  ];
}

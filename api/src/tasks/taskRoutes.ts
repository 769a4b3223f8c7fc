import { readWithheld, type Database } from '@viaduct/prisma';
import type { SignedIn } from '../http/context.ts';
import { notFound } from '../http/problems.ts';
import { route, type Route } from '../http/route.ts';
import { demandJob } from '../jobs/access.ts';
import { ask } from '../jobs/actions.ts';
import { readRequest } from '../jobs/requestView.ts';
import * as tasks from '../operations/tasks.ts';
import { actOnTasks } from './actOnTasks.ts';
import { readFailures } from './failures.ts';
import { readLedger } from './ledgerPage.ts';
import { listTasksPage } from './listTasks.ts';
import { readSteps } from './steps.ts';
import { readTaskViews, taskShown } from './taskView.ts';

/** Series that stay here and are listed at once. */
const MOST_WITHHELD = 200;

/** Tasks of a job: list, failures, what is left out, detail, ledger, manifest, actions on one or on several. */
export function taskRoutes(database: Database): Route[] {
  const { client, pool } = database;
  const read = async (actor: SignedIn, jobId: string, taskNo: number) => {
    await demandJob(client, actor, jobId);
    const task = await client.task.findUnique({ where: { jobId_taskNo: { jobId, taskNo } }, select: taskShown });
    if (!task) throw notFound('task');
    return task;
  };

  return [
    route(tasks.listTasks, async ({ actor, params, query }) => {
      await demandJob(client, actor, params.id);
      return listTasksPage(database, params.id, query);
    }),

    route(tasks.listFailures, async ({ actor, params }) => {
      await demandJob(client, actor, params.id);
      return { items: await readFailures(pool, params.id) };
    }),

    route(tasks.listWithheld, async ({ actor, params }) => {
      await demandJob(client, actor, params.id);
      const items = await readWithheld(pool, params.id, MOST_WITHHELD + 1);
      return { items: items.slice(0, MOST_WITHHELD), more: items.length > MOST_WITHHELD };
    }),

    route(tasks.getTask, async ({ actor, params }) => {
      const task = await read(actor, params.id, params.no);
      const [views, steps] = await Promise.all([readTaskViews(database, [task]), readSteps(client, task)]);
      const [view] = views;
      if (!view) throw notFound('task');
      return { ...view, steps };
    }),

    route(tasks.getLedger, async ({ actor, params, query }) =>
      readLedger(pool, await read(actor, params.id, params.no), query),
    ),

    route(tasks.getManifest, async ({ actor, params }) => {
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

    route(tasks.actOnTask, async ({ actor, params, body }) => {
      await demandJob(client, actor, params.id);
      const id = await ask(database, { ...body, jobId: params.id, userId: actor.userId, taskNos: [params.no] });
      return readRequest(pool, id);
    }),

    route(tasks.actOnTasks, ({ actor, params, body }) => actOnTasks(database, actor, params.id, body)),
  ];
}

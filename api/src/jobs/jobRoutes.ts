import type { Database } from '@viaduct/prisma';
import { notFound } from '../http/problems.ts';
import { route, type Route } from '../http/route.ts';
import { actOnJob, createJob, getJob, listJobs } from '../operations/jobs.ts';
import { demandJob } from './access.ts';
import { actOn } from './actions.ts';
import { createSelectiveJob } from './createJob.ts';
import { readJobs } from './jobView.ts';
import { listJobsPage } from './listJobs.ts';

/** Jobs: create, list, read, act. */
export function jobRoutes(database: Database, masterKey: Uint8Array): Route[] {
  const read = async (id: string) => {
    const [job] = await readJobs(database, [id]);
    if (!job) throw notFound('job');
    return job;
  };

  return [
    route(createJob, async ({ actor, body, headers }) =>
      read(await createSelectiveJob(database, masterKey, actor, headers['idempotency-key'], body)),
    ),
    route(listJobs, ({ actor, query }) => listJobsPage(database, actor, query)),
    route(getJob, async ({ actor, params }) => {
      await demandJob(database.client, actor, params.id);
      return read(params.id);
    }),
    route(actOnJob, ({ actor, params, body }) => actOn(database, { actor, jobId: params.id, ...body })),
  ];
}

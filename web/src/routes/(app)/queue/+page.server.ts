import { api, must } from '#lib/server/api.ts';
import { actOnJobs, askOfJobs } from '#lib/server/bulk.ts';
import { jobsInQueue } from '#lib/forms/queue.ts';
import { queue } from '#lib/words/queue.ts';
import type { Actions, PageServerLoad } from './$types';

export const load: PageServerLoad = async (event) => {
  const query = event.url.searchParams;
  const nodeId = query.get('nodeId') || undefined;
  const cursor = query.get('cursor') || undefined;
  const client = api(event);
  const [page, nodes] = await Promise.all([
    client.GET('/api/v1/queue', { params: { query: { nodeId, cursor, limit: 50 } } }),
    client.GET('/api/v1/nodes'),
  ]);
  return {
    crumbs: [{ label: queue.title }],
    ...must(page),
    nodes: (nodes.data?.items ?? []).map(({ id, name }) => ({ id, name })),
    nodeId,
    cursor,
  };
};

export const actions: Actions = {
  ask: async (event) => {
    const form = await event.request.formData();
    return askOfJobs(event, form, jobsInQueue(form));
  },
  bulk: async (event) => {
    const form = await event.request.formData();
    return actOnJobs(event, form, jobsInQueue(form));
  },
};

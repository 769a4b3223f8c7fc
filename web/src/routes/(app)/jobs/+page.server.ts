import { askOfJobs, actOnJobs, jobsIn, type BulkTarget } from '#lib/server/bulk.ts';
import { api, must } from '#lib/server/api.ts';
import { everythingOf, jobQueryOf } from '#lib/forms/jobQuery.ts';
import { bulk } from '#lib/words/actions.ts';
import { jobs } from '#lib/words/jobs.ts';
import type { Actions, PageServerLoad } from './$types';

export const load: PageServerLoad = async (event) => {
  const query = jobQueryOf(event.url.searchParams);
  const client = api(event);
  const [page, projects, nodes] = await Promise.all([
    client.GET('/api/v1/jobs', { params: { query: { ...query, limit: 50 } } }),
    client.GET('/api/v1/projects'),
    client.GET('/api/v1/nodes'),
  ]);
  const { items, nextCursor } = must(page);
  const named = ({ id, name }: { id: string; name: string }) => ({ id, name });
  return {
    crumbs: [{ label: jobs.title }],
    jobs: items,
    nextCursor,
    projects: (projects.data?.items ?? []).map(named),
    nodes: (nodes.data?.items ?? []).map(named),
    query,
    mayForce: event.locals.session?.permissions.includes('operate') ?? false,
  };
};

/** The jobs ticked in a form, or everything of what the list is filtered by, and what that is called. */
function targetOf(form: FormData, search: URLSearchParams): [BulkTarget, string?] {
  const everything = form.has('every') ? everythingOf(jobQueryOf(search)) : undefined;
  if (!everything) return [jobsIn(form)];
  return [everything, 'nodeId' in everything ? bulk.everythingOfNode : bulk.everythingOfProject];
}

export const actions: Actions = {
  ask: async (event) => {
    const form = await event.request.formData();
    return askOfJobs(event, form, ...targetOf(form, event.url.searchParams));
  },
  bulk: async (event) => {
    const form = await event.request.formData();
    return actOnJobs(event, form, ...targetOf(form, event.url.searchParams));
  },
};

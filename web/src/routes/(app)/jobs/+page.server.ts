import { JOB_STATES, type JobState } from '@viaduct/domain';
import { api, must } from '#lib/server/api.ts';
import { jobs } from '#lib/words/jobs.ts';
import type { PageServerLoad } from './$types';

const isState = (text: string): text is JobState => (JOB_STATES as readonly string[]).includes(text);

export const load: PageServerLoad = async (event) => {
  const search = event.url.searchParams;
  const given = (name: string) => search.get(name) || undefined;
  const query = {
    limit: 50,
    cursor: given('cursor'),
    state: search.getAll('state').filter(isState),
    projectId: given('projectId'),
    owner: given('owner'),
    q: given('q'),
  };
  const client = api(event);
  const [page, projects] = await Promise.all([
    client.GET('/api/v1/jobs', { params: { query } }),
    client.GET('/api/v1/projects'),
  ]);
  const { items, nextCursor } = must(page);
  return {
    crumbs: [{ label: jobs.title }],
    jobs: items,
    nextCursor,
    projects: (projects.data?.items ?? []).map(({ id, name }) => ({ id, name })),
    filter: {
      state: query.state,
      projectId: query.projectId ?? '',
      owner: query.owner ?? '',
      q: query.q ?? '',
      cursor: query.cursor ?? '',
    },
  };
};

import { error } from '@sveltejs/kit';
import { INSTANCE_STATES, type InstanceState } from '@viaduct/domain';
import { actOnTask } from '#lib/server/act.ts';
import { api, must } from '#lib/server/api.ts';
import { faults } from '#lib/words/frame.ts';
import { jobs } from '#lib/words/jobs.ts';
import { tasks } from '#lib/words/tasks.ts';
import type { Actions, PageServerLoad } from './$types';

const isState = (text: string): text is InstanceState => (INSTANCE_STATES as readonly string[]).includes(text);

function numberOf(text: string): number {
  if (!/^\d{1,7}$/.test(text)) error(404, { message: faults.notFound, todo: faults.notFoundTodo });
  return Number(text);
}

export const load: PageServerLoad = async (event) => {
  const search = event.url.searchParams;
  const cursor = search.get('cursor') || undefined;
  const state = search.getAll('state').filter(isState);
  const { id } = event.params;
  const path = { id, no: numberOf(event.params.no) };
  const client = api(event);
  const [job, task, ledger] = await Promise.all([
    client.GET('/api/v1/jobs/{id}', { params: { path: { id } } }),
    client.GET('/api/v1/jobs/{id}/tasks/{no}', { params: { path } }),
    client.GET('/api/v1/jobs/{id}/tasks/{no}/ledger', {
      params: { path, query: { state, limit: 100, ...(cursor ? { cursor } : {}) } },
    }),
  ]);
  const found = must(job);
  const { items, nextCursor } = must(ledger);
  return {
    crumbs: [
      { label: jobs.title, href: '/jobs' },
      { label: jobs.one(found.number), href: `/jobs/${id}` },
      { label: tasks.title(path.no) },
    ],
    job: found,
    task: must(task),
    ledger: items,
    nextCursor,
    filter: { state, cursor: cursor ?? '' },
  };
};

export const actions: Actions = {
  act: (event) => actOnTask(event, event.params.id, numberOf(event.params.no)),
};

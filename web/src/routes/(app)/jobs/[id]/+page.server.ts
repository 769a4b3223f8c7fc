import { fail } from '@sveltejs/kit';
import { TASK_STATES, type TaskState } from '@viaduct/domain';
import { act } from '#lib/server/act.ts';
import { api, must, problemOf } from '#lib/server/api.ts';
import { jobs } from '#lib/words/jobs.ts';
import type { Actions, PageServerLoad } from './$types';

const isState = (text: string): text is TaskState => (TASK_STATES as readonly string[]).includes(text);
/** How many failed studies are grouped by cause at once. */
const GROUPED = 200;

export const load: PageServerLoad = async (event) => {
  const search = event.url.searchParams;
  const named = search.get('tab');
  const tab = named === 'failures' || named === 'requests' ? named : 'tasks';
  const cursor = search.get('cursor') || undefined;
  const state = tab === 'failures' ? (['failure'] as const) : search.getAll('state').filter(isState);
  const client = api(event);
  const path = { id: event.params.id };
  const [job, tasks] = await Promise.all([
    client.GET('/api/v1/jobs/{id}', { params: { path } }),
    client.GET('/api/v1/jobs/{id}/tasks', {
      params: {
        path,
        query: { state: [...state], limit: tab === 'failures' ? GROUPED : 50, ...(cursor ? { cursor } : {}) },
      },
    }),
  ]);
  const found = must(job);
  const { items, nextCursor } = must(tasks);
  return {
    crumbs: [{ label: jobs.title, href: '/jobs' }, { label: jobs.one(found.number) }],
    job: found,
    tab,
    tasks: items,
    nextCursor,
    filter: { state: [...state], cursor: cursor ?? '' },
    fresh: search.has('fresh'),
  } as const;
};

export const actions: Actions = {
  act: (event) => act(event, event.params.id),
  /** Tries the named studies again, one request each. */
  retry: async (event) => {
    const form = await event.request.formData();
    const numbers = form.getAll('no').map(Number).filter(Number.isInteger).slice(0, GROUPED);
    const client = api(event);
    let asked = 0;
    for (const no of numbers) {
      const answered = await client.POST('/api/v1/jobs/{id}/tasks/{no}/actions', {
        params: { path: { id: event.params.id, no } },
        body: { action: 'retry-failed' },
      });
      const problem = problemOf(answered);
      if (problem && asked === 0) return fail(problem.status, { problem: problem.detail || problem.title });
      if (!problem) asked += 1;
    }
    return { retried: asked };
  },
};

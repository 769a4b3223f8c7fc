import { fail, redirect } from '@sveltejs/kit';
import { textOf } from '#lib/forms/field.ts';
import { meaningOf } from '#lib/find.ts';
import { api, problemOf } from '#lib/server/api.ts';
import { find } from '#lib/words/keyboard.ts';
import type { Actions, PageServerLoad } from './$types';

export const load: PageServerLoad = () => ({ crumbs: [{ label: find.title }] });

/** Quick find without scripts. What was typed comes by POST: it may name a patient. */
export const actions: Actions = {
  default: async (event) => {
    const q = textOf(await event.request.formData(), 'q').trim();
    if (q === '') return fail(400, { q });
    const client = api(event);
    const [answered, nodes] = await Promise.all([
      client.POST('/api/v1/find', { body: { text: q.slice(0, 64) } }),
      client.GET('/api/v1/nodes'),
    ]);
    const problem = problemOf(answered);
    if (problem || !answered.data) return fail(problem?.status ?? 502, { q, problem: problem?.detail });
    const { jobs, studies } = answered.data;
    if (q.startsWith('#') && jobs[0] && studies.length === 0) redirect(303, `/jobs/${jobs[0].id}`);
    return {
      q,
      found: answered.data,
      search: event.locals.session?.permissions.includes('transfer') ? meaningOf(q) : {},
      sources: (nodes.data?.items ?? [])
        .filter((node) => node.kind === 'server' && node.maySource && !node.suspended)
        .map(({ id }) => id),
    };
  },
};

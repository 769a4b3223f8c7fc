import { redirect } from '@sveltejs/kit';
import { textOf } from '#lib/forms/field.ts';
import { matches, meaningOf } from '#lib/find.ts';
import { api } from '#lib/server/api.ts';
import { find } from '#lib/words/keyboard.ts';
import type { Actions, PageServerLoad } from './$types';

export const load: PageServerLoad = () => ({ crumbs: [{ label: find.title }] });

/** Quick find without scripts. What was typed comes by POST: it may name a patient. */
export const actions: Actions = {
  default: async (event) => {
    const q = textOf(await event.request.formData(), 'q').trim();
    const meaning = meaningOf(q);
    const client = api(event);
    const [jobs, nodes] = await Promise.all([
      meaning.jobNumber === undefined
        ? []
        : client
            .GET('/api/v1/jobs', { params: { query: { q: String(meaning.jobNumber), limit: 10 } } })
            .then(({ data }) => data?.items ?? []),
      client.GET('/api/v1/nodes').then(({ data }) => data?.items ?? []),
    ]);
    const found = nodes.filter((node) => q !== '' && matches(node.name, q));
    const exact = jobs.find((job) => job.number === meaning.jobNumber);
    if (exact && found.length === 0 && q.startsWith('#')) redirect(303, `/jobs/${exact.id}`);
    return {
      q,
      search: event.locals.session?.permissions.includes('transfer') ? meaning : {},
      sources: nodes.filter((node) => node.kind === 'server' && node.maySource).map(({ id }) => id),
      jobs: jobs.map(({ id, number, title }) => ({ id, number, title })),
      nodes: found.map(({ id, name }) => ({ id, name })),
    };
  },
};

import { fail, redirect } from '@sveltejs/kit';
import { decisionOf, doneOf, doneQuery } from '#lib/forms/review.ts';
import { textOf } from '#lib/forms/field.ts';
import { problemErrors } from '#lib/problems.ts';
import { api, must, problemOf } from '#lib/server/api.ts';
import { review } from '#lib/words/review.ts';
import type { Actions, PageServerLoad } from './$types';

export const load: PageServerLoad = async (event) => {
  const id = Number(event.params.id);
  const client = api(event);
  const found = must(await client.GET('/api/v1/review/{id}', { params: { path: { id } } }));
  const { png, ...held } = found;
  const label = review.image(held.seriesNumber, held.instanceNumber);
  return {
    crumbs: [{ label: review.title, href: '/review' }, { label }],
    label,
    held,
    picture: png === null ? null : `data:image/png;base64,${png}`,
    mayRemember: event.locals.session?.permissions.includes('manage-projects') ?? false,
    done: doneOf(event.url.searchParams),
  };
};

export const actions: Actions = {
  decide: async (event) => {
    const id = Number(event.params.id);
    const form = await event.request.formData();
    const rectangles = textOf(form, 'rectangles');
    const body = decisionOf(form);
    if (!body) return fail(400, { rectangles, errors: { rectangles: review.badRectangles } });
    const client = api(event);
    const answered = await client.POST('/api/v1/review/{id}/decision', { params: { path: { id } }, body });
    const problem = problemOf(answered);
    if (problem) return fail(problem.status, { rectangles, errors: problemErrors(problem) });
    const { images = 0, profile } = answered.data ?? {};
    const { data: rest } = await client.GET('/api/v1/review', { params: { query: { limit: 1 } } });
    const [next] = rest?.items ?? [];
    const decision = body.decision === 'approve' ? 'approved' : 'rejected';
    const done = doneQuery({ decision, images, remembered: profile?.id ?? null });
    redirect(303, `/review${next ? `/${next.id}` : ''}?${done}`);
  },
};

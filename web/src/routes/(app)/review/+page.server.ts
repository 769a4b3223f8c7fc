import { doneOf } from '#lib/forms/review.ts';
import { api, must } from '#lib/server/api.ts';
import { review } from '#lib/words/review.ts';
import type { PageServerLoad } from './$types';

export const load: PageServerLoad = async (event) => {
  const cursor = event.url.searchParams.get('cursor') ?? undefined;
  const page = must(await api(event).GET('/api/v1/review', { params: { query: { limit: 50, cursor } } }));
  return { crumbs: [{ label: review.title }], page, cursor, done: doneOf(event.url.searchParams) };
};

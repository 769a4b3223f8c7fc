import { api, must } from '#lib/server/api.ts';
import { dashboard } from '#lib/words/dashboard.ts';
import type { PageServerLoad } from './$types';

export const load: PageServerLoad = async (event) => ({
  crumbs: [{ label: dashboard.title }],
  dashboard: must(await api(event).GET('/api/v1/dashboard')),
});

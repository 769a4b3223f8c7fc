import { api, must } from '#lib/server/api.ts';
import { receiver } from '#lib/words/nodes.ts';
import type { PageServerLoad } from './$types';

export const load: PageServerLoad = async (event) => ({
  crumbs: [{ label: receiver.title }],
  workers: must(await api(event).GET('/api/v1/workers')).items,
});

import { api, must } from '#lib/server/api.ts';
import { receiver } from '#lib/words/operate.ts';
import type { PageServerLoad } from './$types';

export const load: PageServerLoad = async (event) => ({
  crumbs: [{ label: receiver.title }],
  receiver: must(await api(event).GET('/api/v1/receiver')),
});

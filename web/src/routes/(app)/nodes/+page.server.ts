import { api, must } from '#lib/server/api.ts';
import { nodes } from '#lib/words/nodes.ts';
import type { PageServerLoad } from './$types';

export const load: PageServerLoad = async (event) => {
  const { items, probeMinutes } = must(await api(event).GET('/api/v1/nodes'));
  return {
    crumbs: [{ label: nodes.title }],
    nodes: items,
    probeMinutes,
    mayManage: event.locals.session?.permissions.includes('manage-nodes') ?? false,
  };
};

import { api, must } from '#lib/server/api.ts';
import { nodes } from '#lib/words/nodes.ts';
import type { PageServerLoad } from './$types';

export const load: PageServerLoad = async (event) => {
  const { items } = must(await api(event).GET('/api/v1/nodes'));
  const byKindAndName = items.toSorted((a, b) => b.kind.localeCompare(a.kind) || a.name.localeCompare(b.name));
  return {
    crumbs: [{ label: nodes.title }],
    nodes: byKindAndName,
    mayManage: event.locals.session?.permissions.includes('manage-nodes') ?? false,
  };
};

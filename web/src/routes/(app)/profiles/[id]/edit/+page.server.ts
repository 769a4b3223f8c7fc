import { api, must } from '#lib/server/api.ts';
import { checkTyped, mustManage, saveTyped } from '#lib/server/profile.ts';
import { profiles } from '#lib/words/profiles.ts';
import type { Actions, PageServerLoad } from './$types';

export const load: PageServerLoad = async (event) => {
  mustManage(event);
  const { id } = event.params;
  const profile = must(await api(event).GET('/api/v1/profiles/{id}', { params: { path: { id } } }));
  return {
    crumbs: [
      { label: profiles.title, href: '/profiles' },
      { label: profile.name, href: `/profiles/${id}` },
      { label: profiles.edit },
    ],
    title: profiles.editTitle(profile.name),
    content: profile.content,
    modules: profile.modules,
    warnings: profile.warnings,
  };
};

export const actions: Actions = {
  check: checkTyped,
  save: (event) => saveTyped(event, event.params.id),
};

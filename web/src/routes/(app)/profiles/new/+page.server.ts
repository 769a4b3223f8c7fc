import { idOf } from '#lib/forms/profile.ts';
import { api, must } from '#lib/server/api.ts';
import { checkTyped, mustManage, saveTyped } from '#lib/server/profile.ts';
import { profiles } from '#lib/words/profiles.ts';
import type { Actions, PageServerLoad } from './$types';

export const load: PageServerLoad = async (event) => {
  mustManage(event);
  const from = event.url.searchParams.get('from') ?? 'research';
  const profile = must(await api(event).GET('/api/v1/profiles/{id}', { params: { path: { id: from } } }));
  const name = profiles.copyName(profile.name);
  const title = profiles.newTitle(profile.name);
  return {
    crumbs: [{ label: profiles.title, href: '/profiles' }, { label: title }],
    title,
    from,
    content: { ...profile.content, version: 0, name, id: idOf(name) },
    modules: profile.modules,
    warnings: profile.warnings,
  };
};

export const actions: Actions = { check: checkTyped, save: (event) => saveTyped(event) };

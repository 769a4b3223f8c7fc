import { fail, redirect } from '@sveltejs/kit';
import { api, must, problemOf } from '#lib/server/api.ts';
import { profiles } from '#lib/words/profiles.ts';
import type { Actions, PageServerLoad } from './$types';

export const load: PageServerLoad = async (event) => {
  const asked = Number(event.url.searchParams.get('version')) || undefined;
  const params = { path: { id: event.params.id }, query: { version: asked } };
  const profile = must(await api(event).GET('/api/v1/profiles/{id}', { params }));
  return {
    crumbs: [{ label: profiles.title, href: '/profiles' }, { label: profile.name }],
    profile,
    saved: event.url.searchParams.has('saved'),
    mayManage: event.locals.session?.permissions.includes('manage-projects') ?? false,
  };
};

export const actions: Actions = {
  remove: async (event) => {
    const params = { path: { id: event.params.id } };
    const problem = problemOf(await api(event).DELETE('/api/v1/profiles/{id}', { params }));
    if (problem) return fail(problem.status, { problem: problem.detail });
    redirect(303, '/profiles');
  },
};

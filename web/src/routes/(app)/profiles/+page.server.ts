import type { ProfileContent } from '@viaduct/client';
import { fail, redirect } from '@sveltejs/kit';
import { api, must, problemOf } from '#lib/server/api.ts';
import { profiles } from '#lib/words/profiles.ts';
import type { Actions, PageServerLoad } from './$types';

export const load: PageServerLoad = async (event) => ({
  crumbs: [{ label: profiles.title }],
  profiles: must(await api(event).GET('/api/v1/profiles')).items,
  mayManage: event.locals.session?.permissions.includes('manage-projects') ?? false,
});

/** What is in a file; undefined when it is no JSON. The API says what is wrong with it as a profile. */
async function contentOf(file: File): Promise<ProfileContent | undefined> {
  try {
    return JSON.parse(await file.text()) as ProfileContent;
  } catch {
    return undefined;
  }
}

export const actions: Actions = {
  import: async (event) => {
    const file = (await event.request.formData()).get('file');
    if (!(file instanceof File) || file.size === 0) return fail(400, { errors: { file: profiles.importNone } });
    const body = await contentOf(file);
    if (!body) return fail(400, { errors: { file: profiles.importBroken } });
    const answered = await api(event).POST('/api/v1/profiles', { body });
    const problem = problemOf(answered);
    if (problem) {
      const details = problem.errors?.map(({ path, message }) => (path ? `${path}: ${message}` : message));
      return fail(problem.status, { errors: { file: details?.join('; ') ?? problem.detail ?? problem.title } });
    }
    redirect(303, `/profiles/${answered.data?.id}`);
  },
};

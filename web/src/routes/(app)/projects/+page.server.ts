import { fail } from '@sveltejs/kit';
import { api, must, problemOf } from '#lib/server/api.ts';
import { problemErrors } from '#lib/problems.ts';
import { valuesOf } from '#lib/server/form.ts';
import { projects } from '#lib/words/operate.ts';
import type { Actions, PageServerLoad } from './$types';

export const load: PageServerLoad = async (event) => {
  const [found, profiles] = await Promise.all([api(event).GET('/api/v1/projects'), api(event).GET('/api/v1/profiles')]);
  return {
    crumbs: [{ label: projects.title }],
    projects: must(found).items,
    profiles: must(profiles).items,
    mayManage: event.locals.session?.permissions.includes('manage-projects') ?? false,
  };
};

export const actions: Actions = {
  create: async (event) => {
    const values = valuesOf(await event.request.formData());
    const { name = '', trialProtocolId = '', trialProtocolName = '', profileId = 'research' } = values;
    const errors: Record<string, string> = {};
    if (!name || name.length > 100) errors['name'] = projects.errors.name;
    if (trialProtocolId.length > 64) errors['trialProtocolId'] = projects.errors.long;
    if (trialProtocolName.length > 64) errors['trialProtocolName'] = projects.errors.long;
    if (Object.keys(errors).length > 0) return fail(400, { values, errors });
    const answered = await api(event).POST('/api/v1/projects', {
      body: { name, trialProtocolId, trialProtocolName, profileId },
    });
    const problem = problemOf(answered);
    if (problem) return fail(problem.status, { values, errors: problemErrors(problem) });
    return { said: projects.created(name) };
  },
  profile: async (event) => {
    const { id = '', profileId = '' } = valuesOf(await event.request.formData());
    const answered = await api(event).PATCH('/api/v1/projects/{id}', { params: { path: { id } }, body: { profileId } });
    const problem = problemOf(answered);
    if (problem) return fail(problem.status, { errors: problemErrors(problem) });
    return { said: projects.changed(answered.data?.name ?? '', profileId) };
  },
};

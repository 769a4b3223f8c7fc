import { fail } from '@sveltejs/kit';
import { problemErrors } from '#lib/problems.ts';
import { api, must, problemOf } from '#lib/server/api.ts';
import { valuesOf } from '#lib/server/form.ts';
import { preview } from '#lib/words/preview.ts';
import type { Actions, PageServerLoad } from './$types';

const named = ({ id, name }: { readonly id: string; readonly name: string }) => ({ id, name });

export const load: PageServerLoad = async (event) => {
  const client = api(event);
  const [nodes, projects, profiles] = await Promise.all([
    client.GET('/api/v1/nodes'),
    client.GET('/api/v1/projects'),
    client.GET('/api/v1/profiles'),
  ]);
  return {
    crumbs: [{ label: preview.title }],
    sources: must(nodes)
      .items.filter(({ maySource }) => maySource)
      .map(named),
    projects: must(projects).items.map(named),
    profiles: must(profiles).items.map(named),
  };
};

export const actions: Actions = {
  show: async (event) => {
    const given = valuesOf(await event.request.formData());
    // A button of the basket names server and study at once, amid the whole form of the transfer.
    const { study, projectId = '', profileId = '', seriesInstanceUid = '' } = given;
    const [sourceId = '', studyInstanceUid = ''] = study?.split('|') ?? [given['sourceId'], given['studyInstanceUid']];
    const required = { sourceId, studyInstanceUid, projectId };
    const values = { ...required, profileId };
    const missing = Object.entries(required).filter(([, value]) => value === '');
    if (missing.length > 0) {
      const errors = Object.fromEntries(missing.map(([name]) => [name, preview.missing]));
      return fail(400, { values, errors: study ? {} : errors });
    }
    const answered = await api(event).POST('/api/v1/previews', {
      body: { ...required, ...(seriesInstanceUid && { seriesInstanceUid }), ...(profileId && { profileId }) },
    });
    const problem = problemOf(answered);
    if (problem) return fail(problem.status, { values, errors: problemErrors(problem) });
    return { values, preview: answered.data };
  },
};

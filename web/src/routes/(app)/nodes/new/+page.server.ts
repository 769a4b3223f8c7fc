import { error, fail, redirect } from '@sveltejs/kit';
import { checkNode, NODE_FIELDS, nodeInputOf, valuesOfNode } from '#lib/forms/node.ts';
import { api, problemOf } from '#lib/server/api.ts';
import { problemErrors } from '#lib/problems.ts';
import { valuesOf } from '#lib/server/form.ts';
import { faults } from '#lib/words/frame.ts';
import { nodes } from '#lib/words/nodes.ts';
import type { Actions, PageServerLoad } from './$types';

const kindOf = (url: URL) => (url.searchParams.get('kind') === 'folder' ? 'folder' : 'server');

export const load: PageServerLoad = ({ url, locals }) => {
  if (!locals.session?.permissions.includes('manage-nodes'))
    error(403, { message: faults.forbidden, todo: faults.forbiddenTodo });
  const kind = kindOf(url);
  const label = kind === 'folder' ? nodes.newFolder : nodes.newServer;
  return { crumbs: [{ label: nodes.title, href: '/nodes' }, { label }], kind, label, values: valuesOfNode() } as const;
};

export const actions: Actions = {
  create: async (event) => {
    const kind = kindOf(event.url);
    const values = valuesOf(await event.request.formData());
    const errors = checkNode(kind, values);
    if (Object.keys(errors).length > 0) return fail(400, { values, errors });
    const answered = await api(event).POST('/api/v1/nodes', { body: nodeInputOf(kind, values) });
    const problem = problemOf(answered);
    if (problem) return fail(problem.status, { values, errors: problemErrors(problem, NODE_FIELDS) });
    redirect(303, `/nodes/${answered.data?.id}?created`);
  },
};

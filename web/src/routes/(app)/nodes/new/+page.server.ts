import { error, fail, redirect } from '@sveltejs/kit';
import { knownZone } from '#lib/format.ts';
import { checkNode, NODE_FIELDS, nodeInputOf, valuesOfNode } from '#lib/forms/node.ts';
import { problemErrors } from '#lib/problems.ts';
import { api, problemOf } from '#lib/server/api.ts';
import { nodeValuesIn, withoutSecret } from '#lib/server/node.ts';
import { timeZones } from '#lib/server/zones.ts';
import { faults } from '#lib/words/frame.ts';
import { nodes } from '#lib/words/nodes.ts';
import type { Actions, PageServerLoad } from './$types';

const kindOf = (url: URL) => (url.searchParams.get('kind') === 'folder' ? 'folder' : 'server');

export const load: PageServerLoad = ({ url, locals, cookies }) => {
  if (!locals.session?.permissions.includes('manage-nodes'))
    error(403, { message: faults.forbidden, todo: faults.forbiddenTodo });
  const kind = kindOf(url);
  const label = kind === 'folder' ? nodes.newFolder : nodes.newServer;
  return {
    crumbs: [{ label: nodes.title, href: '/nodes' }, { label }],
    kind,
    label,
    values: valuesOfNode(undefined, knownZone(cookies.get('zone'))),
    zones: timeZones(),
  } as const;
};

export const actions: Actions = {
  create: async (event) => {
    const kind = kindOf(event.url);
    const values = nodeValuesIn(await event.request.formData());
    const errors = checkNode(kind, values, false);
    if (Object.keys(errors).length > 0) return fail(400, { values: withoutSecret(values), errors });
    const answered = await api(event).POST('/api/v1/nodes', { body: nodeInputOf(kind, values) });
    const problem = problemOf(answered);
    if (problem)
      return fail(problem.status, { values: withoutSecret(values), errors: problemErrors(problem, NODE_FIELDS) });
    redirect(303, `/nodes/${answered.data?.id}?created`);
  },
};

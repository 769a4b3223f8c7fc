import { error, fail, redirect } from '@sveltejs/kit';
import { knownZone } from '#lib/format.ts';
import { checkNode, NODE_FIELDS, nodePatchOf, valuesOfNode } from '#lib/forms/node.ts';
import { problemErrors } from '#lib/problems.ts';
import { api, must, problemOf } from '#lib/server/api.ts';
import { nodeValuesIn, withoutSecret } from '#lib/server/node.ts';
import { timeZones } from '#lib/server/zones.ts';
import { faults } from '#lib/words/frame.ts';
import { nodes } from '#lib/words/nodes.ts';
import type { Actions, PageServerLoad } from './$types';

export const load: PageServerLoad = async (event) => {
  if (!event.locals.session?.permissions.includes('manage-nodes'))
    error(403, { message: faults.forbidden, todo: faults.forbiddenTodo });
  const client = api(event);
  const params = { path: { id: event.params.id } };
  const node = must(await client.GET('/api/v1/nodes/{id}', { params }));
  const { data: capabilities } = await client.GET('/api/v1/nodes/{id}/capabilities', { params });
  return {
    capabilities,
    crumbs: [
      { label: nodes.title, href: '/nodes' },
      { label: node.name, href: `/nodes/${node.id}` },
      { label: nodes.facts.title },
    ],
    node,
    values: valuesOfNode(node, knownZone(event.cookies.get('zone'))),
    zones: timeZones(),
  };
};

export const actions: Actions = {
  save: async (event) => {
    const params = { path: { id: event.params.id } };
    const client = api(event);
    const node = must(await client.GET('/api/v1/nodes/{id}', { params }));
    const values = nodeValuesIn(await event.request.formData());
    const errors = checkNode(node.kind, values, node.hasWebAuthSecret);
    if (Object.keys(errors).length > 0) return fail(400, { values: withoutSecret(values), errors });
    const answered = await client.PATCH('/api/v1/nodes/{id}', { params, body: nodePatchOf(node.kind, values) });
    const problem = problemOf(answered);
    if (problem)
      return fail(problem.status, { values: withoutSecret(values), errors: problemErrors(problem, NODE_FIELDS) });
    redirect(303, `/nodes/${event.params.id}?saved`);
  },
};

import { fail, redirect } from '@sveltejs/kit';
import { checkNode, NODE_FIELDS, nodePatchOf, valuesOfNode } from '#lib/forms/node.ts';
import { api, must, problemOf } from '#lib/server/api.ts';
import { problemErrors } from '#lib/problems.ts';
import { valuesOf } from '#lib/server/form.ts';
import { nodes } from '#lib/words/nodes.ts';
import type { Actions, PageServerLoad } from './$types';

export const load: PageServerLoad = async (event) => {
  const node = must(await api(event).GET('/api/v1/nodes/{id}', { params: { path: { id: event.params.id } } }));
  return {
    crumbs: [{ label: nodes.title, href: '/nodes' }, { label: node.name }],
    node,
    values: valuesOfNode(node),
    created: event.url.searchParams.has('created'),
    mayManage: event.locals.session?.permissions.includes('manage-nodes') ?? false,
  };
};

export const actions: Actions = {
  save: async (event) => {
    const path = { id: event.params.id };
    const client = api(event);
    const { kind } = must(await client.GET('/api/v1/nodes/{id}', { params: { path } }));
    const values = valuesOf(await event.request.formData());
    const errors = checkNode(kind, values);
    if (Object.keys(errors).length > 0) return fail(400, { values, errors });
    const problem = problemOf(
      await client.PATCH('/api/v1/nodes/{id}', { params: { path }, body: nodePatchOf(kind, values) }),
    );
    if (problem) return fail(problem.status, { values, errors: problemErrors(problem, NODE_FIELDS) });
    return { saved: true };
  },
  test: async (event) => {
    const answered = await api(event).POST('/api/v1/nodes/{id}/test', { params: { path: { id: event.params.id } } });
    const problem = problemOf(answered);
    if (problem) return fail(problem.status, { testProblem: problem.detail });
    return { test: answered.data };
  },
  remove: async (event) => {
    const answered = await api(event).DELETE('/api/v1/nodes/{id}', { params: { path: { id: event.params.id } } });
    const problem = problemOf(answered);
    if (problem) return fail(problem.status, { errors: problemErrors(problem) });
    redirect(303, '/nodes');
  },
};

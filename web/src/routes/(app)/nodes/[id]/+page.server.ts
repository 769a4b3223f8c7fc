import { fail, redirect } from '@sveltejs/kit';
import { textOf } from '#lib/forms/field.ts';
import { problemErrors } from '#lib/problems.ts';
import { actOnJobs, askOfJobs } from '#lib/server/bulk.ts';
import { api, must, problemOf } from '#lib/server/api.ts';
import { nodes } from '#lib/words/nodes.ts';
import type { Actions, PageServerLoad } from './$types';

export const load: PageServerLoad = async (event) => {
  const client = api(event);
  const params = { path: { id: event.params.id } };
  const [node, dashboard, capabilities] = await Promise.all([
    client.GET('/api/v1/nodes/{id}', { params }),
    client.GET('/api/v1/dashboard'),
    client.GET('/api/v1/nodes/{id}/capabilities', { params }),
  ]);
  const found = must(node);
  const permissions = event.locals.session?.permissions ?? [];
  return {
    crumbs: [{ label: nodes.title, href: '/nodes' }, { label: found.name }],
    node: found,
    throughput: dashboard.data?.throughput,
    capabilities: found.aeTitle === null ? undefined : capabilities.data,
    said: event.url.searchParams.has('created')
      ? nodes.created(found.name)
      : event.url.searchParams.has('saved')
        ? nodes.saved
        : undefined,
    mayManage: permissions.includes('manage-nodes'),
    mayAct: permissions.includes('operate'),
  };
};

export const actions: Actions = {
  test: async (event) => {
    const answered = await api(event).POST('/api/v1/nodes/{id}/test', { params: { path: { id: event.params.id } } });
    const problem = problemOf(answered);
    if (problem) return fail(problem.status, { testProblem: problem.detail });
    return { test: answered.data };
  },
  testMove: async (event) => {
    const params = { path: { id: event.params.id } };
    const answered = await api(event).POST('/api/v1/nodes/{id}/test-move', { params });
    const problem = problemOf(answered);
    if (problem) return fail(problem.status, { moveTestProblem: problem.detail });
    return { moveTest: answered.data };
  },
  probe: async (event) => {
    const params = { path: { id: event.params.id } };
    const answered = await api(event).POST('/api/v1/nodes/{id}/capabilities', { params });
    const problem = problemOf(answered);
    if (problem) return fail(problem.status, { probeProblem: problem.detail });
    return { capabilities: answered.data };
  },
  suspend: async (event) => {
    const reason = textOf(await event.request.formData(), 'reason').trim();
    if (!reason) return fail(400, { suspension: { reason, error: nodes.suspend.missing } });
    const params = { path: { id: event.params.id } };
    const problem = problemOf(await api(event).POST('/api/v1/nodes/{id}/suspend', { params, body: { reason } }));
    if (problem) {
      const { reason: wrong = problem.detail } = problemErrors(problem);
      return fail(problem.status, { suspension: { reason, error: wrong } });
    }
    redirect(303, `/nodes/${event.params.id}`);
  },
  resume: async (event) => {
    const answered = await api(event).POST('/api/v1/nodes/{id}/resume', { params: { path: { id: event.params.id } } });
    const problem = problemOf(answered);
    if (problem) return fail(problem.status, { problem: problem.detail });
    redirect(303, `/nodes/${event.params.id}`);
  },
  remove: async (event) => {
    const answered = await api(event).DELETE('/api/v1/nodes/{id}', { params: { path: { id: event.params.id } } });
    const problem = problemOf(answered);
    if (problem) return fail(problem.status, { problem: problem.detail });
    redirect(303, '/nodes');
  },
  ask: async (event) => {
    const form = await event.request.formData();
    const { data: node } = await api(event).GET('/api/v1/nodes/{id}', { params: { path: { id: event.params.id } } });
    return askOfJobs(event, form, { nodeId: event.params.id }, nodes.everything.name(node?.name ?? ''));
  },
  bulk: async (event) => actOnJobs(event, await event.request.formData(), { nodeId: event.params.id }),
};

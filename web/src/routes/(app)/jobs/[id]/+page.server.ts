import { error, fail } from '@sveltejs/kit';
import { ENDED_STATES } from '@viaduct/domain';
import { textOf } from '#lib/forms/field.ts';
import { taskFilterOf } from '#lib/forms/taskQuery.ts';
import { actOnJob } from '#lib/server/act.ts';
import { api, must, problemOf } from '#lib/server/api.ts';
import { actOnTasks, askOfTasks } from '#lib/server/bulk.ts';
import { timeZones } from '#lib/server/zones.ts';
import type { FailureGroup, LogEntry, Task, WithheldSeries } from '#lib/types.ts';
import { faults } from '#lib/words/frame.ts';
import { jobs } from '#lib/words/jobs.ts';
import type { Actions, PageServerLoad } from './$types';

const TABS = ['tasks', 'failures', 'timeline', 'manifest', 'settings', 'log'] as const;
/** Studies that a search in the job shows at most. */
const FOUND = 200;

export const load: PageServerLoad = async (event) => {
  const search = event.url.searchParams;
  const tab = TABS.find((each) => each === search.get('tab')) ?? 'tasks';
  const cursor = search.get('cursor') || undefined;
  const filter = taskFilterOf(search);
  const { id } = event.params;
  if (!/^[\da-f-]{36}$/i.test(id)) error(404, { message: faults.notFound, todo: faults.notFoundTodo });
  const client = api(event);
  const path = { id };
  const page = { limit: 50, ...(cursor ? { cursor } : {}) };

  const readTasks = async () => {
    if (tab !== 'tasks' && tab !== 'timeline' && tab !== 'manifest') return undefined;
    const query = { ...page, ...(tab === 'manifest' ? { state: [...ENDED_STATES] } : filter) };
    return must(await client.GET('/api/v1/jobs/{id}/tasks', { params: { path, query } }));
  };
  const readFailures = async () =>
    tab === 'failures' ? must(await client.GET('/api/v1/jobs/{id}/failures', { params: { path } })).items : [];
  const readWithheld = async () =>
    tab === 'manifest' && !cursor
      ? must(await client.GET('/api/v1/jobs/{id}/withheld', { params: { path } }))
      : undefined;
  const readLog = async () =>
    tab === 'log' ? must(await client.GET('/api/v1/jobs/{id}/log', { params: { path, query: page } })) : undefined;

  const [job, tasks, failures, withheld, log] = await Promise.all([
    client.GET('/api/v1/jobs/{id}', { params: { path } }),
    readTasks(),
    readFailures(),
    readWithheld(),
    readLog(),
  ]);
  const found = must(job);
  const lists: { tasks: Task[]; failures: FailureGroup[]; withheld: WithheldSeries[]; log: LogEntry[] } = {
    tasks: tasks?.items ?? [],
    failures,
    withheld: withheld?.items ?? [],
    log: log?.items ?? [],
  };
  return {
    crumbs: [{ label: jobs.title, href: '/jobs' }, { label: jobs.one(found.number) }],
    job: found,
    tab,
    ...lists,
    moreWithheld: withheld?.more ?? false,
    nextCursor: tasks?.nextCursor ?? log?.nextCursor ?? null,
    filter,
    cursor: cursor ?? '',
    zones: tab === 'settings' ? timeZones() : [],
  };
};

export const actions: Actions = {
  act: (event) => actOnJob(event, event.params.id),
  ask: async (event) =>
    askOfTasks(event, await event.request.formData(), event.params.id, taskFilterOf(event.url.searchParams)),
  bulk: async (event) =>
    actOnTasks(event, await event.request.formData(), event.params.id, taskFilterOf(event.url.searchParams)),
  /** Finds studies by a text. It comes by POST and stands in no address: it may name a patient. */
  find: async (event) => {
    const q = textOf(await event.request.formData(), 'q').trim();
    if (!q) return {};
    const query = { q, limit: FOUND };
    const answered = await api(event).GET('/api/v1/jobs/{id}/tasks', {
      params: { path: { id: event.params.id }, query },
    });
    const problem = problemOf(answered);
    if (problem) return fail(problem.status, { problem: problem.detail || problem.title });
    return { q, found: answered.data?.items ?? [], more: answered.data?.nextCursor !== null };
  },
};

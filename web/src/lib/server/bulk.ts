import type { BulkAnswer, BulkInput, TasksActionInput } from '@viaduct/client';
import { fail, type RequestEvent } from '@sveltejs/kit';
import { actIn, actionOf, ON_TASKS, type BulkAct, type BulkQuestion } from '../forms/bulk.ts';
import { textOf } from '../forms/field.ts';
import { checkSchedule, scheduleIn } from '../forms/schedule.ts';
import type { TaskFilter } from '../types.ts';
import { bulk, bulkEffects, confirm } from '../words/actions.ts';
import { api, problemOf } from './api.ts';
import { modeOf, scheduleInputOf } from './act.ts';
import { timeZones } from './zones.ts';

/** Which jobs: those ticked in a form, or everything of a node or project. */
export type BulkTarget = { nodeId: string } | { projectId: string } | { jobIds: string[] };

/** The jobs that are ticked in a form, as its boxes `id` say. */
export function jobsIn(form: FormData): { jobIds: string[] } {
  return { jobIds: [...new Set(form.getAll('id').map(String))] };
}

function inputOf(act: BulkAct, form: FormData, target: BulkTarget, dryRun: boolean): BulkInput {
  const rest = { target, dryRun };
  if (act === 'pause') return { action: act, mode: modeOf(form), ...rest };
  if (act === 'make-urgent' || act === 'make-normal')
    return { action: 'set-priority', value: { urgent: act === 'make-urgent' }, ...rest };
  if (act === 'set-schedule') return { action: act, value: dryRun ? {} : scheduleInputOf(form), ...rest };
  return { action: act, ...rest };
}

const refused = (problem: { status: number; detail: string; title: string }) =>
  fail(problem.status, { problem: problem.detail || problem.title });
/** What has to be typed before jobs are deleted: how many there are. */
const typedFor = (act: BulkAct, count: number) => (act === 'delete' ? String(count) : undefined);

/** The question before an act on several jobs, from a dry run. `what`: their name where they are not ticked one by one. */
export async function askOfJobs(event: RequestEvent, form: FormData, target: BulkTarget, what?: string) {
  const act = actIn(form);
  if (!act || ('jobIds' in target && target.jobIds.length === 0)) return fail(400, { problem: bulk.none });
  const answered = await api(event).POST('/api/v1/bulk', { body: inputOf(act, form, target, true) });
  const problem = problemOf(answered);
  if (problem || !answered.data) return refused(problem ?? { status: 502, title: bulk.nothing, detail: '' });
  const { jobs, effect } = answered.data;
  const question: BulkQuestion = {
    act,
    title: bulk.title(act, what ?? bulk.jobs(jobs.ok + jobs.refused)),
    effects: [...bulkEffects(actionOf(act), jobs, effect), ...bulk.urgency(act)],
    nothing: jobs.ok === 0,
    ...(typedFor(act, jobs.ok) && { typed: typedFor(act, jobs.ok) ?? '' }),
    fields: { act, count: String(jobs.ok), ...('jobIds' in target ? { id: target.jobIds } : { every: 'on' }) },
    ...(act === 'set-schedule' && { schedule: { zones: timeZones() } }),
  };
  return { question };
}

/** The question once more, with the schedule that cannot be; undefined when it can. */
async function askAgain(event: RequestEvent, form: FormData, target: BulkTarget, what?: string) {
  const values = scheduleIn(form);
  const errors = checkSchedule(values, textOf(form, 'zone'));
  if (Object.keys(errors).length === 0) return undefined;
  const asked = await askOfJobs(event, form, target, what);
  return 'question' in asked
    ? fail(400, { question: { ...asked.question, schedule: { zones: timeZones(), values, errors } } })
    : asked;
}

/** Does what was asked of several jobs; the answer has a result for each. */
export async function actOnJobs(event: RequestEvent, form: FormData, target: BulkTarget, what?: string) {
  const act = actIn(form);
  if (!act || ('jobIds' in target && target.jobIds.length === 0)) return fail(400, { problem: bulk.none });
  const again = act === 'set-schedule' && (await askAgain(event, form, target, what));
  if (again) return again;
  const typed = typedFor(act, Number(textOf(form, 'count')));
  if (typed !== undefined && textOf(form, 'typed').trim() !== typed) return fail(400, { problem: confirm.mistyped });
  const answered = await api(event).POST('/api/v1/bulk', { body: inputOf(act, form, target, false) });
  const problem = problemOf(answered);
  if (problem || !answered.data) return refused(problem ?? { status: 502, title: bulk.nothing, detail: '' });
  const results: BulkAnswer = answered.data;
  return { results };
}

/** Studies of one job: those ticked in a form (`no`), or all that the filter of the page shows (`every`). */
export type TaskChoice = TasksActionInput['selection'];

/** Which studies a form is about; undefined where none is ticked. */
export function tasksIn(form: FormData, filter: TaskFilter): TaskChoice | undefined {
  if (form.has('every')) return { filter };
  const taskNos = form.getAll('no').map(Number).filter(Number.isInteger);
  return taskNos.length > 0 ? { taskNos } : undefined;
}

function taskInputOf(form: FormData, selection: TaskChoice, dryRun: boolean): TasksActionInput | undefined {
  const action = ON_TASKS.find((each) => each === actIn(form));
  return action && { action, ...(action === 'pause' && { mode: modeOf(form) }), selection, dryRun };
}

/** The question before an act on several studies of a job, from a dry run. */
export async function askOfTasks(event: RequestEvent, form: FormData, id: string, filter: TaskFilter) {
  const selection = tasksIn(form, filter);
  const body = selection && taskInputOf(form, selection, true);
  if (!selection || !body) return fail(400, { problem: bulk.none });
  const answered = await api(event).POST('/api/v1/jobs/{id}/tasks/actions', { params: { path: { id } }, body });
  const problem = problemOf(answered);
  if (problem || !answered.data) return refused(problem ?? { status: 502, title: bulk.nothing, detail: '' });
  const { effect } = answered.data;
  const left = effect.senseless.reduce((sum, { count }) => sum + count, 0);
  const question: BulkQuestion = {
    act: body.action,
    title: bulk.title(body.action, bulk.studies(effect.studies + left)),
    effects: effect.studies > 0 ? bulkEffects(body.action, null, effect) : [bulk.nothing],
    nothing: effect.studies === 0,
    fields: {
      act: body.action,
      ...('filter' in selection ? { every: 'on' } : { no: selection.taskNos.map(String) }),
    },
  };
  return { question };
}

/** Does what was asked of several studies of a job. */
export async function actOnTasks(event: RequestEvent, form: FormData, id: string, filter: TaskFilter) {
  const selection = tasksIn(form, filter);
  const body = selection && taskInputOf(form, selection, false);
  if (!body) return fail(400, { problem: bulk.none });
  const answered = await api(event).POST('/api/v1/jobs/{id}/tasks/actions', { params: { path: { id } }, body });
  const problem = problemOf(answered);
  if (problem) return refused(problem);
  return { said: bulk.asked(answered.data?.effect.studies ?? 0) };
}

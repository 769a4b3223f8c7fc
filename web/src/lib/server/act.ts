import type { ActionInput, ScheduleInput, TaskActionInput } from '@viaduct/client';
import { fail, redirect, type RequestEvent } from '@sveltejs/kit';
import { JOB_ACTIONS, type JobAction } from '@viaduct/domain';
import { checkSchedule, scheduleIn, scheduleOf } from '../forms/schedule.ts';
import { textOf } from '../forms/field.ts';
import { confirm } from '../words/actions.ts';
import { faults } from '../words/frame.ts';
import { api, problemOf } from './api.ts';

/** Reads the name of an action. */
export function isAction(text: string): text is JobAction {
  return (JOB_ACTIONS as readonly string[]).includes(text);
}

/** What can be asked of tasks, as one job's and several ones' inputs take it. */
type Plain = Exclude<TaskActionInput['action'], 'pause'>;
const PLAIN: readonly Plain[] = ['resume', 'cancel', 'retry-failed', 'retry-warnings', 'restart'];

/** How a pause is to stop, as a form says. */
export function modeOf(form: FormData): 'interrupt' | 'drain' {
  return textOf(form, 'mode') === 'drain' ? 'drain' : 'interrupt';
}

/** What a form asks of a task. */
export function taskInputOf(form: FormData): TaskActionInput | undefined {
  const action = textOf(form, 'action');
  if (action === 'pause') return { action, mode: modeOf(form) };
  const plain = PLAIN.find((each) => each === action);
  return plain && { action: plain };
}

/** The schedule that a form asks for, which must have been checked. */
export function scheduleInputOf(form: FormData): ScheduleInput {
  const schedule = scheduleOf(scheduleIn(form), textOf(form, 'zone'));
  return schedule ?? { notBefore: null, windows: null, atClose: 'park', maxOverrunMs: 1_800_000 };
}

/** What a form asks of a job. A schedule must have been checked. */
export function jobInputOf(form: FormData): ActionInput | undefined {
  const action = textOf(form, 'action');
  if (action === 'set-priority') return { action, value: { urgent: textOf(form, 'urgent') === 'on' } };
  if (action === 'set-schedule') {
    return { action, value: scheduleInputOf(form) };
  }
  return taskInputOf(form);
}

const words = (problem: { title: string; detail: string }) => problem.detail || problem.title;

/** Asks for what a posted form says of a job: `action` with its `mode`, `urgent` or schedule; `typed` where it cannot be undone. */
export async function actOnJob(event: RequestEvent, id: string) {
  const form = await event.request.formData();
  const action = textOf(form, 'action');
  const client = api(event);
  const params = { path: { id } };
  if (action === 'delete') return deleteJob(event, id, textOf(form, 'typed').trim());
  if (action === 'force-end') {
    const problem = problemOf(await client.POST('/api/v1/jobs/{id}/force-end', { params }));
    return problem ? fail(problem.status, { problem: words(problem) }) : { said: confirm.forced };
  }
  if (action === 'set-schedule') {
    const values = scheduleIn(form);
    const errors = checkSchedule(values, textOf(form, 'zone'));
    if (Object.keys(errors).length > 0) return fail(400, { schedule: values, errors });
  }
  const body = jobInputOf(form);
  if (!body) return fail(400, { problem: faults.notDone });
  const problem = problemOf(await client.POST('/api/v1/jobs/{id}/actions', { params, body }));
  if (problem) return fail(problem.status, { problem: words(problem) });
  return { asked: body.action };
}

async function deleteJob(event: RequestEvent, id: string, typed: string) {
  const client = api(event);
  const params = { path: { id } };
  const { data: job } = await client.GET('/api/v1/jobs/{id}', { params });
  if (job && typed !== String(job.number)) return fail(400, { problem: confirm.mistyped });
  const problem = problemOf(await client.DELETE('/api/v1/jobs/{id}', { params }));
  if (problem) return fail(problem.status, { problem: words(problem) });
  redirect(303, '/jobs');
}

/** Asks for what a posted form says of one task. */
export async function actOnTask(event: RequestEvent, id: string, no: number) {
  const body = taskInputOf(await event.request.formData());
  if (!body) return fail(400, { problem: faults.notDone });
  const params = { path: { id, no } };
  const problem = problemOf(await api(event).POST('/api/v1/jobs/{id}/tasks/{no}/actions', { params, body }));
  if (problem) return fail(problem.status, { problem: words(problem) });
  return { asked: body.action };
}

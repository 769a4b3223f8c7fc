import type { ProfileContent } from '@viaduct/client';
import { error, fail, redirect, type RequestEvent } from '@sveltejs/kit';
import { fieldOf, profileOf } from '../forms/profile.ts';
import { faults } from '../words/frame.ts';
import type { FieldErrors, Problem } from '../types.ts';
import { api, problemOf } from './api.ts';

/** The editor is for those who manage projects. */
export function mustManage({ locals }: Pick<RequestEvent, 'locals'>): void {
  if (locals.session?.permissions.includes('manage-projects')) return;
  error(403, { message: faults.forbidden, todo: faults.forbiddenTodo });
}

function errorsOf(problem: Problem): FieldErrors {
  const errors: Record<string, string> = {};
  for (const { path, message } of problem.errors ?? []) errors[fieldOf(path)] ??= message;
  return Object.keys(errors).length > 0 ? errors : { '': problem.detail || problem.title };
}

interface Typed {
  readonly content: ProfileContent;
  readonly errors?: FieldErrors;
  readonly warnings?: readonly string[];
}

/** Says where the profile that was typed protects less than the Basic Profile. */
export async function checkTyped(event: RequestEvent): Promise<Typed | ReturnType<typeof fail<Typed>>> {
  const content = profileOf(await event.request.formData());
  const answered = await api(event).POST('/api/v1/profiles/check', { body: content });
  const problem = problemOf(answered);
  if (problem) return fail(problem.status, { content, errors: errorsOf(problem) });
  return { content, warnings: answered.data?.warnings ?? [] };
}

/** Saves the profile that was typed: a new one, or the next version of one; leads to its page. */
export async function saveTyped(event: RequestEvent, id?: string): Promise<ReturnType<typeof fail<Typed>>> {
  const content = profileOf(await event.request.formData());
  const client = api(event);
  const answered =
    id === undefined
      ? await client.POST('/api/v1/profiles', { body: content })
      : await client.PATCH('/api/v1/profiles/{id}', { params: { path: { id } }, body: content });
  const problem = problemOf(answered);
  if (problem) return fail(problem.status, { content, errors: errorsOf(problem) });
  redirect(303, `/profiles/${content.id}?saved`);
}

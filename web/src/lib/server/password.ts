import { fail, type RequestEvent } from '@sveltejs/kit';
import { textOf } from '../forms/field.ts';
import { checkPassword } from '../forms/password.ts';
import { account } from '../words/account.ts';
import { api, passCookies, problemOf } from './api.ts';
import { problemErrors } from '../problems.ts';

/** Changes the password of the signed-in person from a posted form; a failure with its errors, or undefined when done. */
export async function changePassword(event: RequestEvent) {
  const form = await event.request.formData();
  const field = (name: string) => textOf(form, name);
  const given = { currentPassword: field('currentPassword'), newPassword: field('newPassword'), again: field('again') };
  const errors = checkPassword(given);
  if (Object.keys(errors).length > 0) return fail(400, { errors });

  const { currentPassword, newPassword } = given;
  const answered = await api(event).POST('/api/v1/session/password', { body: { currentPassword, newPassword } });
  const problem = problemOf(answered);
  if (problem) {
    const wrong = problem.status === 400 || problem.status === 403;
    return fail(problem.status, {
      errors: wrong && !problem.errors ? { currentPassword: account.password.wrong } : problemErrors(problem),
    });
  }
  passCookies(event, answered.response);
  return undefined;
}

import { fail, redirect } from '@sveltejs/kit';
import { textOf } from '#lib/forms/field.ts';
import { askAuth, passCookies } from '#lib/server/api.ts';
import { ownPath, valuesOf } from '#lib/server/form.ts';
import { account } from '#lib/words/account.ts';
import { faults } from '#lib/words/frame.ts';
import type { Actions } from './$types';

export const actions: Actions = {
  default: async (event) => {
    const form = await event.request.formData();
    const { username = '' } = valuesOf(form);
    const password = textOf(form, 'password');
    const errors: Record<string, string> = {};
    if (!username) errors['username'] = account.signIn.missingName;
    if (!password) errors['password'] = account.signIn.missingPassword;
    if (Object.keys(errors).length > 0) return fail(400, { values: { username }, errors });

    const answer = await askAuth(event, '/sign-in/username', { username, password });
    if (!answer.ok) {
      const message =
        answer.status === 429
          ? account.signIn.tooMany
          : answer.status >= 500
            ? `${faults.apiDown} ${faults.apiDownTodo}`
            : account.signIn.wrong;
      return fail(answer.status >= 500 ? 503 : answer.status, { values: { username }, errors: { '': message } });
    }
    passCookies(event, answer);
    redirect(303, ownPath(event.url.searchParams.get('next')));
  },
};

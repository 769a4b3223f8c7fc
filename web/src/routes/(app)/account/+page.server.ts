import { fail } from '@sveltejs/kit';
import { textOf } from '#lib/forms/field.ts';
import { knownZone } from '#lib/format.ts';
import { problemErrors } from '#lib/problems.ts';
import { api, must, problemOf } from '#lib/server/api.ts';
import { changePassword } from '#lib/server/password.ts';
import { CHOSEN_ZONE, forgetCookies, keepCookie } from '#lib/server/remembered.ts';
import { timeZones } from '#lib/server/zones.ts';
import { account } from '#lib/words/account.ts';
import type { Actions, PageServerLoad } from './$types';

export const load: PageServerLoad = async (event) => ({
  crumbs: [{ label: account.title }],
  signIns: must(await api(event).GET('/api/v1/session/sign-ins')).items,
  zones: timeZones(),
});

const done = (sentence: string) => ({ done: sentence });

export const actions: Actions = {
  name: async (event) => {
    const name = textOf(await event.request.formData(), 'name').trim();
    if (name === '' || name.length > 100) return fail(400, { name, nameErrors: { name: account.nameMissing } });
    const answered = await api(event).PATCH('/api/v1/session', { body: { name } });
    const problem = problemOf(answered);
    if (problem) return fail(problem.status, { name, nameErrors: problemErrors(problem) });
    // The page that answers shows the new name already.
    event.locals.session = answered.data ?? event.locals.session;
    return done(account.nameSaved);
  },
  password: async (event) => (await changePassword(event)) ?? done(account.password.done),
  zone: async ({ request, cookies }) => {
    const zone = textOf(await request.formData(), 'zone');
    if (zone === '') cookies.delete(CHOSEN_ZONE, { path: '/', httpOnly: false });
    else keepCookie(cookies, CHOSEN_ZONE, knownZone(zone));
    return done(account.zoneSaved);
  },
  forget: ({ cookies }) => {
    forgetCookies(cookies);
    return done(account.forgotten);
  },
  end: async (event) => {
    const signIn = textOf(await event.request.formData(), 'id');
    const params = { path: { signIn } };
    const problem = problemOf(await api(event).DELETE('/api/v1/session/sign-ins/{signIn}', { params }));
    // Somewhere else it may just have been ended: that is what was asked for.
    return problem && problem.status !== 404
      ? fail(problem.status, { problem: problem.detail || problem.title })
      : done(account.ended);
  },
  others: async (event) => {
    const problem = problemOf(await api(event).DELETE('/api/v1/session/sign-ins'));
    return problem ? fail(problem.status, { problem: problem.detail || problem.title }) : done(account.endedOthers);
  },
};

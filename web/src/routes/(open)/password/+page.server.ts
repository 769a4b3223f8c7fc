import { redirect } from '@sveltejs/kit';
import { changePassword } from '#lib/server/password.ts';
import type { Actions, PageServerLoad } from './$types';

/** Only those who come with a one-time password have to be here; others change theirs on the account page. */
export const load: PageServerLoad = ({ locals }) => {
  if (!locals.session?.user.mustChangePassword) redirect(303, '/account');
};

export const actions: Actions = {
  default: async (event) => (await changePassword(event)) ?? redirect(303, '/'),
};

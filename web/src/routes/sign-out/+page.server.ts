import { redirect } from '@sveltejs/kit';
import { askAuth, passCookies } from '#lib/server/api.ts';
import type { Actions, PageServerLoad } from './$types';

export const load: PageServerLoad = () => redirect(303, '/');

export const actions: Actions = {
  default: async (event) => {
    passCookies(event, await askAuth(event, '/sign-out', {}));
    redirect(303, '/sign-in');
  },
};

import { changePassword } from '#lib/server/password.ts';
import { account } from '#lib/words/frame.ts';
import type { Actions, PageServerLoad } from './$types';

export const load: PageServerLoad = () => ({ crumbs: [{ label: account.title }] });

export const actions: Actions = {
  password: async (event) => (await changePassword(event)) ?? { done: true, errors: {} },
};

import { error } from '@sveltejs/kit';
import { readChoices } from '#lib/columns.ts';
import type { LayoutServerLoad } from './$types';

export const load: LayoutServerLoad = ({ locals, cookies }) => {
  if (!locals.session) error(401);
  return { session: locals.session, narrow: cookies.get('nav') === 'narrow', columns: readChoices(cookies.getAll()) };
};

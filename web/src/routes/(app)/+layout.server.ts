import { error } from '@sveltejs/kit';
import type { LayoutServerLoad } from './$types';

export const load: LayoutServerLoad = ({ locals, cookies }) => {
  if (!locals.session) error(401);
  return { session: locals.session, narrow: cookies.get('nav') === 'narrow' };
};

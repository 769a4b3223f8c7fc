import { knownZone } from '#lib/format.ts';
import type { LayoutServerLoad } from './$types';

export const load: LayoutServerLoad = ({ locals, cookies }) => ({
  session: locals.session,
  now: Date.now(),
  zone: knownZone(cookies.get('zone')),
});

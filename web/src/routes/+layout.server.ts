import { knownZone } from '#lib/format.ts';
import { CHOSEN_ZONE } from '#lib/server/remembered.ts';
import type { LayoutServerLoad } from './$types';

export const load: LayoutServerLoad = ({ locals, cookies }) => {
  const chosen = cookies.get(CHOSEN_ZONE);
  return {
    session: locals.session,
    now: Date.now(),
    zone: knownZone(chosen ?? cookies.get('zone')),
    zoneChosen: chosen !== undefined,
  };
};

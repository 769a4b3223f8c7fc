import { frame } from '#lib/words/frame.ts';
import type { PageServerLoad } from './$types';

export const load: PageServerLoad = () => ({ crumbs: [{ label: frame.pages.help }] });

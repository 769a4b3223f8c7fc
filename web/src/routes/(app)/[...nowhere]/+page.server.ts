import { error } from '@sveltejs/kit';
import { faults } from '#lib/words/frame.ts';
import type { PageServerLoad } from './$types';

/** An address that leads nowhere keeps the frame around it, so that people find their way back. */
export const load: PageServerLoad = () => error(404, { message: faults.notFound, todo: faults.notFoundTodo });

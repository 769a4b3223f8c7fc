import type { HandleClientError } from '@sveltejs/kit/hooks';
import { faults } from '#lib/words/frame.ts';

/** A page whose data could not be fetched has lost its server, or its server is starting. */
export const handleError: HandleClientError = ({ error: reason, kind }) => {
  if (kind === 'app') return reason;
  if (kind === 'framework' && reason.status === 404)
    return { status: 404, message: faults.notFound, todo: faults.notFoundTodo };
  return reason instanceof TypeError
    ? { status: 503, message: faults.apiDown, todo: faults.apiDownTodo }
    : { status: 500, message: faults.unexpected, todo: faults.unexpectedTodo };
};

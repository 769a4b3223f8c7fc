import type { ClientInit, HandleClientError } from '@sveltejs/kit/hooks';
import { waitForData } from '#lib/refresh.ts';
import { faults } from '#lib/words/frame.ts';

export const init: ClientInit = waitForData;

/** What goes wrong in the browser is told there in full; people are told that it did. */
export const handleError: HandleClientError = ({ error: reason, kind }) => {
  if (kind === 'app') return reason;
  if (kind === 'framework' && reason.status === 404)
    return { status: 404, message: faults.notFound, todo: faults.notFoundTodo };
  console.error(reason);
  return { status: 500, message: faults.unexpected, todo: faults.unexpectedTodo };
};

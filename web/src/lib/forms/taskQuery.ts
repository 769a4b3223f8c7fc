import { TASK_STATES, type TaskState } from '@viaduct/domain';
import type { TaskFilter } from '../types.ts';

const isState = (text: string): text is TaskState => (TASK_STATES as readonly string[]).includes(text);
const isUuid = (text: string) => /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i.test(text);

/** Which studies of a job the address asks for, as the API takes it; what makes no sense is left out. */
export function taskFilterOf(search: URLSearchParams): TaskFilter {
  const state = search.getAll('state').filter(isState);
  const cause = search.getAll('cause').filter((text) => /^[\w-]{1,40}$/.test(text));
  const id = (name: string) => {
    const value = search.get(name);
    return value && isUuid(value) ? { [name]: value } : {};
  };
  return {
    ...(state.length > 0 && { state }),
    ...(cause.length > 0 && { cause }),
    ...id('causeNodeId'),
    ...id('nodeId'),
  };
}

/** The address that asks for the studies of a filter: `?state=failure&cause=timeout`. */
export function taskSearchOf(filter: TaskFilter): string {
  const query = new URLSearchParams();
  for (const state of filter.state ?? []) query.append('state', state);
  for (const cause of filter.cause ?? []) query.append('cause', cause);
  if (filter.causeNodeId) query.set('causeNodeId', filter.causeNodeId);
  if (filter.nodeId) query.set('nodeId', filter.nodeId);
  return `?${query}`;
}

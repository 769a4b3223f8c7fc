import { JOB_STATES, type JobState } from '@viaduct/domain';
import type { paths } from '@viaduct/client';
import { readDate } from './search.ts';

/** What the list of jobs can be asked for. */
export type JobQuery = NonNullable<paths['/api/v1/jobs']['get']['parameters']['query']>;

/** Everything of one node or one project, where a list asks for nothing else. */
export function everythingOf({ state = [], projectId, nodeId, cursor: _page, sort: _sort, ...others }: JobQuery) {
  if (state.length > 0 || Object.values(others).some(Boolean)) return undefined;
  if (projectId && !nodeId) return { projectId };
  return nodeId && !projectId ? { nodeId } : undefined;
}

const isState = (text: string): text is JobState => (JOB_STATES as readonly string[]).includes(text);
const isUuid = (text: string) => /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i.test(text);

/** The filters in the address of the list of jobs, as the API takes them; what makes no sense is left out. */
export function jobQueryOf(search: URLSearchParams): JobQuery {
  const given = (name: string, holds: (text: string) => boolean = () => true) => {
    const value = search.get(name)?.trim();
    return value && holds(value) ? { [name]: value } : {};
  };
  const day = (name: string) => {
    const date = readDate(search.get(name) ?? '');
    return date ? { [name]: date } : {};
  };
  const sort = search.get('sort');
  return {
    state: search.getAll('state').filter(isState),
    ...given('projectId', isUuid),
    ...given('nodeId', isUuid),
    ...given('owner'),
    ...given('urgent', (text) => text === 'true' || text === 'false'),
    ...day('from'),
    ...day('until'),
    ...given('q'),
    ...given('cursor'),
    ...(sort === 'started' || sort === 'ended' ? { sort } : {}),
  };
}

import { ENDED_STATES, hasEnded, TASK_STATES } from '@viaduct/domain';

const listOf = (states: readonly string[]) => `(${states.map((state) => `'${state}'`).join(', ')})`;

/** The states of tasks that have ended, as SQL. */
export const ENDED = listOf(ENDED_STATES);
/** Those of tasks that have not. Named one by one, since an index is used for that and not for NOT IN. */
export const OPEN = listOf(TASK_STATES.filter((state) => !hasEnded(state)));

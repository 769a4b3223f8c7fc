/** Every text that people read, in one place, so that a translation can be added. Grouped by page in `words/`. */
import { account } from './words/account.ts';
import { actions, bulk, bulkActs, confirm } from './words/actions.ts';
import { dashboard } from './words/dashboard.ts';
import { faults, frame } from './words/frame.ts';
import { jobs, jobTabs } from './words/jobs.ts';
import { find, keyboard } from './words/keyboard.ts';
import { nodeForm } from './words/nodeForm.ts';
import { nodes } from './words/nodes.ts';
import { projects, receiver } from './words/operate.ts';
import { preview } from './words/preview.ts';
import { profiles } from './words/profiles.ts';
import { queue } from './words/queue.ts';
import { review } from './words/review.ts';
import { hours, schedule } from './words/schedule.ts';
import { instanceStates, outcomes, states, steps } from './words/states.ts';
import { table } from './words/table.ts';
import { tasks } from './words/tasks.ts';
import { transfer } from './words/transfer.ts';

export const words = {
  frame,
  faults,
  account,
  keyboard,
  find,
  table,
  states,
  instanceStates,
  steps,
  outcomes,
  actions,
  bulk,
  bulkActs,
  confirm,
  schedule,
  hours,
  jobs,
  jobTabs,
  tasks,
  transfer,
  nodes,
  nodeForm,
  profiles,
  preview,
  review,
  projects,
  receiver,
  queue,
  dashboard,
} as const;

export { clockSentence } from './words/dashboard.ts';
export * from './words/count.ts';
export { afterName } from './words/nodes.ts';
export {
  bulkEffects,
  effectsOf,
  outcomeSentence,
  requestSentence,
  subjectOfJob,
  subjectOfTask,
  type Subject,
} from './words/actions.ts';
export { hoursSentence, scheduleSentence, windowsSentence } from './words/schedule.ts';
export {
  basketSentence,
  endSentence,
  figuresOf,
  sourceSentence,
  startSentence,
  summaryOf,
  type BasketFigures,
} from './words/transfer.ts';
export { gateSentence, waitSentence } from './words/waits.ts';
export { lookOf, type StateLook } from './words/states.ts';

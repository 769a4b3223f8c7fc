/** Every text that people read, in one place, so that a translation can be added. Grouped by page in `words/`. */
import { account, faults, frame } from './words/frame.ts';
import { actions, confirm, jobs, tasks } from './words/jobs.ts';
import { dashboard, nodes, projects, receiver } from './words/nodes.ts';
import { instanceStates, outcomes, states, steps } from './words/states.ts';
import { transfer } from './words/transfer.ts';

export const words = {
  frame,
  faults,
  account,
  states,
  instanceStates,
  steps,
  outcomes,
  actions,
  confirm,
  jobs,
  tasks,
  transfer,
  nodes,
  projects,
  receiver,
  dashboard,
} as const;

export * from './words/count.ts';
export { effectsOf, requestSentence, subjectOfJob, subjectOfTask, type Subject } from './words/jobs.ts';
export { basketSentence, figuresOf, sourceSentence, summaryOf, type BasketFigures } from './words/transfer.ts';
export type { StateLook } from './words/states.ts';

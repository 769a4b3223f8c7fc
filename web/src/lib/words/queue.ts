import { countOf } from './count.ts';

/** Words of the queue. */
export const queue = {
  title: 'Queue',
  intro: 'Studies of everybody’s jobs in the order of their turn: what runs first, then urgent jobs, then older ones.',
  caption: 'Studies that run or wait',
  counts: (running: number, waiting: number) =>
    `${countOf(running, 'study runs', 'studies run')}, ${countOf(waiting, 'waits', 'wait')}`,
  /** Behind the counts, while the list is of one node. */
  everywhere: 'at all nodes',
  noWorker: 'Nobody works on this queue: no worker is running. Everything here waits until one is started.',
  none: 'Nothing runs and nothing waits',
  noneHelp:
    'Studies stand here from the start of their job until they have arrived. Those of paused jobs are left out.',
  noneOfNode: 'Nothing runs or waits at this node',
  node: 'Node',
  anyNode: 'All nodes',
  columns: {
    study: 'Study',
    owner: 'Owner',
    project: 'Project',
    route: 'From → to',
    images: 'Images',
    state: 'State',
    since: 'Begun',
  },
  about: (task: number, job: number) => `study ${task} of job ${job}`,
  acts: 'What is chosen below is done with the whole jobs of the selected studies.',
  changed: 'The queue has moved on: show it as it is now',
} as const;

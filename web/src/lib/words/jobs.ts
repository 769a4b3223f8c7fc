import type { Action, Job, Request, Task } from '../types.ts';
import { countOf, images, studies } from './count.ts';

/** What an action is about: a job, or one of its studies. */
export interface Subject {
  readonly running: number;
  readonly waiting: number;
  readonly stopped: number;
  readonly failed: number;
  readonly stored: number;
  readonly missing: number;
}

/** The figures of a job that tell what an action will do. */
export function subjectOfJob(job: Job): Subject {
  return {
    running: job.tasks.running,
    waiting: job.tasks.pending,
    stopped: job.tasks.paused,
    failed: job.tasks.failure + job.tasks.canceled,
    stored: job.instances.stored,
    missing: Math.max(0, job.instances.expected - job.instances.verified),
  };
}

/** The figures of a task that tell what an action will do. */
export function subjectOfTask(task: Task): Subject {
  const is = (...states: Task['state'][]) => (states.includes(task.state) ? 1 : 0);
  return {
    running: is('running', 'pausing', 'canceling'),
    waiting: is('pending', 'waiting'),
    stopped: is('paused'),
    failed: is('failure', 'canceled'),
    stored: task.instances.stored,
    missing: Math.max(0, task.instances.expected - task.instances.verified),
  };
}

const stops = (count: number) => (count === 1 ? 'stops at its next image' : 'stop at their next image');
const stay = (count: number) => `${images(count)} already stored ${count === 1 ? 'stays' : 'stay'} at the destination.`;

/** What an action will do, in numbers, one sentence each. */
export function effectsOf(action: Action, subject: Subject): string[] {
  const { running, waiting, stopped, failed, stored, missing } = subject;
  const lines: string[] = [];
  if (action === 'pause') {
    if (running) lines.push(`${studies(running)} now running ${running === 1 ? 'is' : 'are'} held.`);
    if (waiting) lines.push(`${studies(waiting)} now waiting ${waiting === 1 ? 'is' : 'are'} not started.`);
    lines.push(stay(stored));
    lines.push('Nothing is lost: Resume goes on where it stopped.');
  } else if (action === 'cancel') {
    if (running) lines.push(`${countOf(running, 'running study', 'running studies')} ${stops(running)}.`);
    const never = waiting + stopped;
    if (never) lines.push(`${studies(never)} ${never === 1 ? 'is' : 'are'} not transferred any further.`);
    lines.push(stay(stored));
    lines.push('What was canceled can be taken up again later with Retry failed.');
  } else if (action === 'retry-failed') {
    lines.push(`${studies(failed)} ${failed === 1 ? 'is' : 'are'} tried again.`);
    lines.push(
      missing
        ? `Only what is missing is asked for again: ${images(missing)} not yet verified.`
        : 'Only what is missing is asked for again.',
    );
  } else {
    lines.push(
      `${studies(stopped)} ${stopped === 1 ? 'goes' : 'go'} on where ${stopped === 1 ? 'it' : 'they'} stopped.`,
    );
  }
  return lines;
}

/** The word on the button of an action. */
export const actions: Readonly<Record<Action, string>> = {
  pause: 'Pause',
  resume: 'Resume',
  cancel: 'Cancel',
  'retry-failed': 'Retry failed',
};

/** Words of the question before an action, `job 118` or `study 3 of job 118` as its object. */
export const confirm = {
  act: (action: Action, object: string) => `${action === 'retry-failed' ? 'Retry' : actions[action]} ${object}`,
  mode: 'How shall it stop?',
  interrupt: 'At the next image (interrupt)',
  interruptHelp: 'Fastest. What is on its way is kept and taken up again.',
  drain: 'When the running parts are finished (drain)',
  drainHelp: 'No new part begins; those that run go on to their end.',
} as const;

/** What came of something a person asked for, as one sentence. */
export function requestSentence(request: Request): string {
  const what = request.action === 'pause' && request.mode ? `Pause (${request.mode})` : actions[request.action];
  const about = request.taskNo === null ? '' : ` of study ${request.taskNo}`;
  const outcome = { taken: 'taken, waits for its effect', applied: 'applied', refused: 'refused' }[request.state];
  return `${what}${about} by ${request.by}: ${outcome}${request.reason ? ` – ${request.reason}` : ''}`;
}

export const jobs = {
  title: 'Jobs',
  one: (number: number) => `Job ${number}`,
  object: (number: number) => `job ${number}`,
  taskObject: (task: number, number: number) => `study ${task} of job ${number}`,
  caption: 'Jobs, newest first',
  none: 'No jobs yet',
  noneHelp: 'A job moves the studies you choose from one server to another place and proves that every image arrived.',
  noMatch: 'No job matches these filters',
  clear: 'Show all jobs',
  start: 'Start a transfer',
  columns: {
    number: 'Number',
    what: 'What',
    project: 'Project',
    owner: 'Owner',
    route: 'From → to',
    progress: 'Progress',
    state: 'State',
    started: 'Started',
    ends: 'Ends',
  },
  filters: {
    label: 'Filters',
    state: 'State',
    all: 'All',
    active: 'Active',
    held: 'Paused',
    failed: 'Failed',
    done: 'Done',
    canceled: 'Canceled',
    mine: 'Mine',
    everyone: 'Everyone’s',
    project: 'Project',
    anyProject: 'Any project',
    search: 'Number or title',
    apply: 'Apply',
  },
  urgent: 'Urgent',
  progress: (verified: number, expected: number) => `${verified} of ${expected}`,
  waitsForWorker: 'waits for its turn',
  endsAbout: (when: string) => `about ${when}`,
  kinds: { selective: 'Selective transfer' },
  pseudonymized: 'Pseudonymized',
  identified: 'Not pseudonymized',
  facts: {
    project: 'Project',
    owner: 'Owner',
    route: 'From → to',
    how: 'How',
    trial: 'Trial',
    created: 'Created',
    started: 'Started',
    ended: 'Ended',
    took: 'Took',
  },
  tabs: { tasks: 'Studies', failures: 'Failures', requests: 'Requests' },
  tabsLabel: 'Parts of this job',
  tasksCaption: 'Studies of this job',
  noTasks: 'No study in this state',
  noFailures: 'Nothing failed',
  noFailuresHelp: 'Studies that fail are listed here, grouped by cause.',
  noRequests: 'Nobody has asked anything of this job',
  requestsCaption: 'What people asked for, newest first',
  requestColumns: { what: 'What', by: 'By', state: 'Outcome', at: 'Asked', settled: 'Settled' },
  requestStates: { taken: 'Taken', applied: 'Applied', refused: 'Refused' },
  asked: (action: string) => `${action}: asked for. It takes effect in a moment.`,
  taskColumns: {
    no: 'No.',
    study: 'Study',
    patient: 'Patient',
    route: 'From → to',
    images: 'Images',
    bytes: 'Size',
    state: 'State',
    took: 'Took',
  },
  shown: 'Show',
  groupCount: (count: number) => studies(count),
  retryThese: (count: number) => (count === 1 ? 'Retry this one' : `Retry these ${count}`),
  retriedThese: (count: number) => `${studies(count)} asked to try again.`,
  moreFailures: 'Only the first 200 failed studies are grouped here.',
  notReached: 'Reached no one',
} as const;

export const tasks = {
  title: (no: number) => `Study ${no}`,
  steps: 'Steps',
  stepsCaption: 'Attempts of each step, in the order they began',
  noSteps: 'Nothing has begun yet',
  stepColumns: {
    step: 'Step',
    part: 'Part',
    attempt: 'Attempt',
    host: 'Host',
    began: 'Began',
    took: 'Took',
    images: 'Images',
    outcome: 'Outcome',
  },
  ledger: 'Ledger',
  ledgerCaption: 'Images of this study, missing and failed ones first',
  noLedger: 'No image is known yet',
  noLedgerHelp: 'The images appear here as soon as the source has named them.',
  noMatch: 'No image in this state',
  columns: {
    series: 'Series',
    number: 'Image',
    uid: 'SOP Instance UID',
    out: 'UID at the destination',
    state: 'State',
    size: 'Size',
    cause: 'Cause',
  },
  filters: { all: 'All', open: 'Missing or failed', moving: 'On the way', verified: 'Verified' },
  manifest: 'Download manifest',
  manifestLater: 'The manifest is written when the study ends.',
  facts: {
    patient: 'Patient',
    study: 'Study',
    uid: 'Study Instance UID',
    pseudonym: 'Pseudonym',
    route: 'From → to',
    series: 'Series',
    size: 'Size',
    took: 'Took',
  },
  wholeStudy: 'all of the study',
  shortfall: (count: number) => `The source counted ${images(count)} more than it named.`,
  failed: 'What went wrong',
  missing: (missing: number, expected: number) => `${missing} of ${images(expected)} missing`,
} as const;

import type { Effect, Job, JobAction, JobRow, Request, Task } from '../types.ts';
import { countOf, images, studies } from './count.ts';

/** What an action is about: a job, or one of its studies. */
export interface Subject {
  readonly running: number;
  readonly waiting: number;
  readonly stopped: number;
  readonly failed: number;
  readonly warnings: number;
  readonly ended: number;
  readonly stored: number;
  readonly missing: number;
  /** It goes before others now. */
  readonly urgent: boolean;
}

const missingOf = ({ instances }: Pick<JobRow | Task, 'instances'>) =>
  Math.max(0, instances.expected - instances.verified);

/** The figures of a job that tell what an action will do. */
export function subjectOfJob(job: JobRow | Job): Subject {
  const { pending, running, paused, failure, canceled, warning, success } = job.tasks;
  return {
    running,
    waiting: pending,
    stopped: paused,
    failed: failure + canceled,
    warnings: warning,
    ended: failure + canceled + warning + success,
    stored: job.instances.stored,
    missing: missingOf(job),
    urgent: job.urgent,
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
    warnings: is('warning'),
    ended: is('failure', 'canceled', 'warning', 'success'),
    stored: task.instances.stored,
    missing: missingOf(task),
    urgent: false,
  };
}

/** What a change of urgency means. */
const urgency = {
  'make-urgent': 'Goes before others wherever it waits, and does not wait for its own hours.',
  'make-normal': 'Waits for its turn and for its own hours again.',
} as const;

const plural = (count: number, one: string, many: string) => (count === 1 ? one : many);
const stay = (count: number) =>
  count > 0 ? [`${images(count)} already stored ${plural(count, 'stays', 'stay')} at the destination.`] : [];
const runningStudies = (count: number) => countOf(count, 'running study', 'running studies');
const stop = (count: number) =>
  `${runningStudies(count)} ${plural(count, 'stops at its', 'stop at their')} next image.`;

/** What an action will do, in numbers, one sentence each. */
export function effectsOf(action: JobAction, subject: Subject): string[] {
  const { running, waiting, stopped, failed, warnings, ended, stored, missing } = subject;
  const still = waiting + stopped;
  switch (action) {
    case 'pause':
      return [
        ...(running ? [`${studies(running)} now running ${plural(running, 'is', 'are')} held.`] : []),
        ...(waiting ? [`${studies(waiting)} now waiting ${plural(waiting, 'is', 'are')} not started.`] : []),
        ...stay(stored),
        'Nothing is lost: Resume goes on where it stopped.',
      ];
    case 'cancel':
      return [
        ...(running ? [stop(running)] : []),
        ...(still ? [`${studies(still)} ${plural(still, 'is', 'are')} not transferred any further.`] : []),
        ...stay(stored),
        'What was canceled can be taken up again later with Retry failed.',
      ];
    case 'retry-failed':
      return [
        `${studies(failed)} ${plural(failed, 'is', 'are')} tried again.`,
        missing
          ? `Only what is missing is asked for again: ${images(missing)} not yet verified.`
          : 'Only what is missing is asked for again.',
      ];
    case 'retry-warnings':
      return [`${studies(warnings)} that ended with warnings ${plural(warnings, 'is', 'are')} gone through again.`];
    case 'restart':
      return [
        `${studies(ended)} ${plural(ended, 'begins', 'begin')} again from the start: every image is asked for anew.`,
        ...stay(stored),
      ];
    case 'force-end':
      return [
        'Its work is ended from outside, whatever its workers say; its connections are released.',
        ...(running + still
          ? [`${studies(running + still)} not yet ended ${plural(running + still, 'counts', 'count')} as canceled.`]
          : []),
        ...stay(stored),
        'The ledger is kept; what was canceled can be retried.',
      ];
    case 'delete':
      return [
        'It is shown nowhere any more, and cannot be brought back.',
        ...stay(stored),
        'Its ledger is kept for the record.',
      ];
    case 'resume':
      return [
        `${studies(stopped)} ${plural(stopped, 'goes', 'go')} on where ${plural(stopped, 'it', 'they')} stopped.`,
      ];
    case 'set-priority':
      return [subject.urgent ? urgency['make-normal'] : urgency['make-urgent']];
    case 'set-schedule':
    case 'clone':
      return [];
  }
}

/** What several jobs or studies are in for, from the numbers of a dry run. */
export function bulkEffects(action: JobAction, jobs: { ok: number; refused: number } | null, effect: Effect): string[] {
  const lines: string[] = [];
  if (jobs) lines.push(`${countOf(jobs.ok, 'job')} ${plural(jobs.ok, 'is', 'are')} asked to: ${verbs[action]}.`);
  if (effect.studies > 0 && action !== 'delete')
    lines.push(`${studies(effect.studies)} ${plural(effect.studies, 'is', 'are')} affected.`);
  const stops = action === 'pause' || action === 'cancel' || action === 'force-end';
  if (stops && effect.running > 0) lines.push(stop(effect.running));
  lines.push(...stay(effect.stored));
  if (action === 'delete') lines.push('They are shown nowhere any more, and cannot be brought back.');
  for (const { reason, count } of effect.senseless) {
    const what = jobs ? countOf(count, 'job') : studies(count);
    lines.push(`${what} left out: ${reason}`);
  }
  return lines;
}

/** The word on the button of an action. */
export const actions: Readonly<Record<JobAction, string>> = {
  pause: 'Pause',
  resume: 'Resume',
  cancel: 'Cancel',
  'retry-failed': 'Retry failed',
  'retry-warnings': 'Retry warnings',
  restart: 'Restart',
  'set-priority': 'Change urgency',
  'set-schedule': 'Change schedule',
  'force-end': 'Force-end',
  clone: 'Clone',
  delete: 'Delete',
};

const verbs: Readonly<Record<JobAction, string>> = {
  pause: 'pause',
  resume: 'resume',
  cancel: 'cancel',
  'retry-failed': 'retry what failed',
  'retry-warnings': 'retry what ended with warnings',
  restart: 'begin again from the start',
  'set-priority': 'change urgency',
  'set-schedule': 'change schedule',
  'force-end': 'be ended by force',
  clone: 'be cloned',
  delete: 'be deleted',
};

/** Words of the question before an action, `job 118` or `study 3 of job 118` as its object. */
export const confirm = {
  act: (action: JobAction, object: string) => `${action === 'retry-failed' ? 'Retry' : actions[action]} ${object}`,
  mode: 'How shall it stop?',
  interrupt: 'At the next image (interrupt)',
  interruptHelp: 'Fastest. What is on its way is kept and taken up again.',
  drain: 'When the running parts are finished (drain)',
  drainHelp: 'No new part begins; those that run go on to their end.',
  type: (what: string) => `This cannot be undone. Type ${what} to confirm.`,
  mistyped: 'What you typed to confirm is not right. Nothing was done.',
  makeUrgent: 'Make urgent',
  makeNormal: 'Not urgent any more',
  notNow: 'Not possible now',
  actions: 'Actions',
  more: 'More actions',
  asked: (action: string) => `${action}: asked for. It takes effect in a moment.`,
  forced: 'The job is being ended.',
} as const;

/** What can be asked of several jobs or studies at once, as buttons name it. */
export const bulkActs = {
  pause: 'Pause',
  resume: 'Resume',
  cancel: 'Cancel',
  'retry-failed': 'Retry failed',
  'retry-warnings': 'Retry warnings',
  restart: 'Restart',
  'make-urgent': 'Make urgent',
  'make-normal': 'Not urgent',
  'set-schedule': 'Change schedule',
  'force-end': 'Force-end',
  delete: 'Delete',
} as const;

/** Words of what is asked of several jobs or studies at once. */
export const bulk = {
  bar: 'What to do with the selection',
  allMatching: (count: string) => `Select all ${count} that match`,
  allSelected: (count: string) => `All ${count} that match are selected`,
  everythingOfNode: 'everything of this node',
  everythingOfProject: 'everything of this project',
  title: (act: keyof typeof bulkActs, what: string) => `${bulkActs[act]}: ${what}?`,
  jobs: (count: number) => countOf(count, 'job'),
  studies: (count: number) => studies(count),
  nothing: 'It makes no sense for any of them now.',
  urgency: (act: keyof typeof bulkActs): string[] =>
    act === 'make-urgent' || act === 'make-normal' ? [`Each: ${urgency[act].toLowerCase()}`] : [],
  results: 'What came of it',
  resultsOf: (ok: number, refused: number) =>
    refused > 0 ? `${countOf(ok, 'job')} asked, ${countOf(refused, 'job')} left out.` : `${countOf(ok, 'job')} asked.`,
  columns: { job: 'Job', outcome: 'Outcome', reason: 'Reason' },
  ok: 'Asked',
  refused: 'Left out',
  none: 'Select rows first.',
  close: 'Close',
  asked: (changed: number) => `Asked of ${studies(changed)}. It takes effect in a moment.`,
} as const;

/** What came of something a person asked for, as one sentence. */
export function requestSentence(request: Request): string {
  const what =
    request.action === 'set-priority'
      ? request.urgent
        ? confirm.makeUrgent
        : confirm.makeNormal
      : `${actions[request.action]}${request.mode ? ` (${request.mode})` : ''}`;
  const about =
    request.taskNo !== null
      ? ` of study ${request.taskNo}`
      : request.taskCount > 0
        ? ` of ${studies(request.taskCount)}`
        : '';
  return `${what}${about} by ${request.by}: ${outcomeSentence(request)}`;
}

/** The outcome of a request with its numbers: `applied to 12 studies, 3 were left as they are`. */
export function outcomeSentence({ state, reason, changed, unchanged, waitingFor }: Request): string {
  if (state === 'refused') return `refused${reason ? ` – ${reason}` : ''}`;
  if (state === 'taken')
    return waitingFor > 0 ? `taken, ${studies(waitingFor)} still to stop` : 'taken, waits for its effect';
  const left = unchanged > 0 ? `, ${studies(unchanged)} left as they are` : '';
  return `applied${changed > 0 ? ` to ${studies(changed)}` : ''}${left}${reason ? ` – ${reason}` : ''}`;
}

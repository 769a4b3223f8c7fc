import type { FieldErrors, JobAction, TaskAction } from '../types.ts';
import type { bulkActs } from '../words/actions.ts';
import { textOf } from './field.ts';
import type { ScheduleValues } from './schedule.ts';

/** What a button asks of several jobs or studies. */
export type BulkAct = keyof typeof bulkActs;

/** Buttons for several jobs; ending by force needs the permission to operate. */
export const ON_JOBS: readonly BulkAct[] = [
  'pause',
  'resume',
  'cancel',
  'retry-failed',
  'retry-warnings',
  'restart',
  'make-urgent',
  'make-normal',
  'set-schedule',
  'force-end',
  'delete',
];

/** Buttons for several studies of one job. */
export const ON_TASKS = [
  'pause',
  'resume',
  'cancel',
  'retry-failed',
  'retry-warnings',
  'restart',
] as const satisfies readonly (BulkAct & TaskAction)[];

/** What can hardly be taken back. */
export const DANGEROUS: readonly BulkAct[] = ['cancel', 'restart', 'force-end', 'delete'];

/** The action behind a button. */
export function actionOf(act: BulkAct): JobAction {
  return act === 'make-urgent' || act === 'make-normal' ? 'set-priority' : act;
}

/** The button that a form was sent with. */
export function actIn(form: FormData): BulkAct | undefined {
  const given = textOf(form, 'act');
  return ON_JOBS.find((act) => act === given);
}

/** A question before something is done to several: what it says, and what its form carries. */
export interface BulkQuestion {
  readonly act: BulkAct;
  readonly title: string;
  readonly effects: readonly string[];
  /** It would change nothing. */
  readonly nothing: boolean;
  /** What has to be typed before. */
  readonly typed?: string;
  readonly fields: Readonly<Record<string, string | readonly string[]>>;
  /** The zones that a new schedule may have, and the schedule that was refused, with why. */
  readonly schedule?: {
    readonly zones: readonly string[];
    readonly values?: ScheduleValues;
    readonly errors?: FieldErrors;
  };
}

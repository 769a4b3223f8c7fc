import { windowsProblem, type Weekday, type WeeklyWindow } from '@viaduct/domain';
import type { Schedule, ScheduleInput, Windows } from '../types.ts';
import { formatMoment, instantOf, knownZone } from '../format.ts';
import { schedule as text } from '../words/schedule.ts';
import { textOf } from './field.ts';
import { WEEK } from './windows.ts';

/** A line of hours as it was typed; empty lines do not count. */
export interface HoursLine {
  readonly days: readonly Weekday[];
  readonly from: string;
  readonly to: string;
}

/** Hours as a form shows them. */
export interface HoursValues {
  readonly zone: string;
  readonly lines: readonly HoursLine[];
}

/** A schedule as a form shows it. */
export interface ScheduleValues {
  readonly start: 'now' | 'later';
  /** Wall-clock time in the reader's zone: `2026-11-21T22:00`. */
  readonly notBefore: string;
  readonly hours: 'any' | 'these';
  readonly windows: HoursValues;
  readonly atClose: 'park' | 'finish';
  readonly overrunMinutes: string;
}

/** Lines that a form carries at most. */
const MOST_LINES = 40;
/** The longest that running studies may go on after the hours, minutes. */
const LONGEST_OVERRUN = 1_440;

/** The hours as the fields `NAME.zone`, `NAME.0.days`, `NAME.0.from`, `NAME.0.to` … of a form carry them. */
export function hoursIn(form: FormData, name: string): HoursValues {
  const lines: HoursLine[] = [];
  for (let index = 0; index < MOST_LINES; index++) {
    const days = form.getAll(`${name}.${index}.days`).map(Number);
    const [from, to] = [textOf(form, `${name}.${index}.from`), textOf(form, `${name}.${index}.to`)];
    if (days.length > 0 || from || to) lines.push({ days: WEEK.filter((day) => days.includes(day)), from, to });
  }
  return { zone: textOf(form, `${name}.zone`) || 'UTC', lines };
}

/** Windows as a form shows them; without any, an empty grid in the reader's zone. */
export function hoursOfWindows(windows: Windows | null, zone: string): HoursValues {
  return windows ? { zone: windows.timeZone, lines: linesOf(windows.weekly) } : { zone, lines: [] };
}

const isWeekday = (day: number): day is Weekday => day >= 1 && day <= 7;
const linesOf = (weekly: Windows['weekly']): HoursLine[] =>
  weekly.map(({ days, from, to }) => ({ days: days.filter(isWeekday), from, to }));

/** The lines that are whole: what a grid can show. */
export function weeklyOf(lines: readonly HoursLine[]): WeeklyWindow[] {
  return lines.filter(({ days, from, to }) => days.length > 0 && from !== '' && to !== '');
}

/** What is wrong with hours that are to be set, as a sentence; undefined when nothing is. */
export function hoursProblem({ zone, lines }: HoursValues): string | undefined {
  if (lines.some(({ from, to }) => from === '' || to === '')) return text.halfLine;
  return windowsProblem({ timeZone: zone, weekly: lines });
}

/** Hours as the API takes them. `hoursProblem` must have found nothing. */
export function windowsOf({ zone, lines }: HoursValues): NonNullable<ScheduleInput['windows']> {
  return {
    timeZone: zone,
    weekly: lines.map(({ days, from, to }) => ({ days: [...days], from, to })),
  };
}

/** The schedule that a posted form carries. */
export function scheduleIn(form: FormData): ScheduleValues {
  return {
    start: textOf(form, 'start') === 'later' ? 'later' : 'now',
    notBefore: textOf(form, 'notBefore'),
    hours: textOf(form, 'hours') === 'these' ? 'these' : 'any',
    windows: hoursIn(form, 'windows'),
    atClose: textOf(form, 'atClose') === 'finish' ? 'finish' : 'park',
    overrunMinutes: textOf(form, 'overrunMinutes') || '30',
  };
}

/** A schedule as a form shows it, in the reader's zone. */
export function scheduleValues(schedule: Schedule | null, zone: string): ScheduleValues {
  const notBefore = schedule?.notBefore ?? null;
  return {
    start: notBefore ? 'later' : 'now',
    notBefore: notBefore ? formatMoment(notBefore, zone).replace(' ', 'T') : '',
    hours: schedule?.windows ? 'these' : 'any',
    windows: hoursOfWindows(schedule?.windows ?? null, zone),
    atClose: schedule?.atClose ?? 'park',
    overrunMinutes: String(Math.round((schedule?.maxOverrunMs ?? 1_800_000) / 60_000)),
  };
}

/** What is wrong with a schedule, by field; empty when nothing is. */
export function checkSchedule(values: ScheduleValues, zone: string): Record<string, string> {
  const errors: Record<string, string> = {};
  if (values.start === 'later' && !instantOf(values.notBefore, knownZone(zone))) errors['notBefore'] = text.badMoment;
  if (values.hours === 'any') return errors;
  const hours = hoursProblem(values.windows);
  if (hours) errors['windows'] = hours;
  const minutes = Number(values.overrunMinutes);
  if (values.atClose === 'finish' && !(Number.isInteger(minutes) && minutes >= 0 && minutes <= LONGEST_OVERRUN))
    errors['overrunMinutes'] = text.badOverrun;
  return errors;
}

/** A schedule as the API takes it; null is now, at any hour. `checkSchedule` must have found nothing. */
export function scheduleOf(values: ScheduleValues, zone: string): ScheduleInput | null {
  const notBefore = values.start === 'later' ? (instantOf(values.notBefore, knownZone(zone)) ?? null) : null;
  const windows = values.hours === 'these' ? windowsOf(values.windows) : null;
  if (!notBefore && !windows) return null;
  return { notBefore, windows, atClose: values.atClose, maxOverrunMs: Number(values.overrunMinutes) * 60_000 };
}

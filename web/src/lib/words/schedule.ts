import { formatDay } from '../format.ts';
import type { Schedule, ScheduleInput, Windows } from '../types.ts';

/** Words of the form that says when a job may be worked on, and of the hours of a node. */
export const schedule = {
  title: 'Schedule',
  startLabel: 'Begin',
  now: 'now',
  later: 'not before',
  notBefore: 'Date and time',
  inZone: (zone: string) => `in ${zone}`,
  hoursLabel: 'Hours',
  any: 'at any hour',
  these: 'only in these hours',
  nodesOnTop: 'The hours of the servers come on top.',
  atClose: 'When the hours end',
  park: 'stop at the next image, go on there when they begin again',
  finish: 'let running studies finish',
  overrun: 'for at most, in minutes',
  badMoment: 'Enter date and time as 2026-11-21 22:00.',
  badOverrun: 'Enter minutes from 0 to 1440.',
  halfLine: 'Each line needs days, a beginning and an end.',
  change: 'Save schedule',
  saved: 'The new schedule is asked for.',
  urgentSkips: 'The job is urgent: it waits for the hours of the servers only.',
} as const;

/** Words of the grid of hours. */
export const hours = {
  grid: 'Hours of the week',
  help: 'Drag over hours to open or close them; with the keyboard: arrows move, space changes, shift and arrows paint.',
  zone: 'Time zone',
  exact: 'Exact times',
  exactHelp: 'An end at or before the beginning is on the next day; 00:00 to 00:00 is the whole day.',
  lines: 'Hours from – to',
  line: (index: number) => `Line ${index + 1}`,
  from: 'From',
  to: 'To',
  on: 'Days',
  remove: 'Remove line',
  open: 'open',
  partly: 'partly open',
  closed: 'closed',
  none: 'no hour chosen yet',
  clear: 'Close all',
  nights: 'Nights 22–06',
  weekend: 'Weekend',
  always: 'always',
  days: { 1: 'Mon', 2: 'Tue', 3: 'Wed', 4: 'Thu', 5: 'Fri', 6: 'Sat', 7: 'Sun' },
  dayNames: {
    1: 'Monday',
    2: 'Tuesday',
    3: 'Wednesday',
    4: 'Thursday',
    5: 'Friday',
    6: 'Saturday',
    7: 'Sunday',
  },
} as const;

/** Windows as the domain, the API and the forms have them. */
type Weekly = readonly { readonly days: readonly number[]; readonly from: string; readonly to: string }[];
type DayNumber = keyof typeof hours.days;
const nameOf = (day: number) => hours.days[day as DayNumber] ?? '';

/** `Mon–Fri, Sun`. */
function daysSentence(days: readonly number[]): string {
  const runs: number[][] = [];
  for (const day of days.toSorted((a, b) => a - b)) {
    const run = runs.at(-1);
    if (run?.at(-1) === day - 1) run.push(day);
    else runs.push([day]);
  }
  return runs
    .flatMap((run) =>
      run.length > 2 ? [`${nameOf(run[0] ?? 0)}–${nameOf(run.at(-1) ?? 0)}`] : run.map((day) => nameOf(day)),
    )
    .join(', ');
}

/** Weekly hours as one line: `Mon–Fri 22:00–06:00; Sat, Sun all day`. */
export function hoursSentence(weekly: Weekly): string {
  if (weekly.length === 0) return hours.none;
  return weekly
    .map(({ days, from, to }) => {
      const when = from === to ? (from === '00:00' ? 'all day' : `24 h from ${from}`) : `${from}–${to}`;
      return days.length === 7
        ? when === 'all day'
          ? hours.always
          : `daily ${when}`
        : `${daysSentence(days)} ${when}`;
    })
    .join('; ');
}

/** Hours with their zone, or that there are none to keep. */
export function windowsSentence(windows: Windows | null): string {
  return windows ? `${hoursSentence(windows.weekly)} (${windows.timeZone})` : 'at any hour';
}

/** When a job may be worked on, as one line: `not before tomorrow 06:00; daily 22:00–06:00 (Europe/Berlin), stops at the end`. */
export function scheduleSentence(given: Schedule | ScheduleInput | null, now: number, zone: string): string {
  const parts: string[] = [];
  if (given?.notBefore) parts.push(`not before ${formatDay(Date.parse(given.notBefore), now, zone)}`);
  if (given?.windows) parts.push(`only ${hoursSentence(given.windows.weekly)} (${given.windows.timeZone})`);
  if (parts.length === 0) return 'now, at any hour';
  if (given?.windows && given.atClose === 'finish') parts.push('running studies finish');
  return parts.join('; ');
}

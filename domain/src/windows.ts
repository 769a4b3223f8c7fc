import { Temporal } from 'temporal-polyfill';

/** ISO 8601 weekday: 1 Monday … 7 Sunday. */
export type Weekday = 1 | 2 | 3 | 4 | 5 | 6 | 7;

/** Hours of some weekdays. A window that ends at or before its beginning ends on the next day; equal times are 24 hours. */
export interface WeeklyWindow {
  /** The days on which the window opens. */
  readonly days: readonly Weekday[];
  /** Local wall-clock time `HH:MM`, 00:00 to 23:59. */
  readonly from: string;
  readonly to: string;
}

/** When something may be worked on. No window at all means never. */
export interface Windows {
  /** IANA name, such as `Europe/Berlin`. */
  readonly timeZone: string;
  readonly weekly: readonly WeeklyWindow[];
}

/** Whether windows are open at an instant, and when that changes (ms since 1970; null: not within the next week). */
export type WindowState =
  { readonly open: true; readonly closesAt: number | null } | { readonly open: false; readonly opensAt: number | null };

const DAYS_AHEAD = 8;

interface Interval {
  readonly start: number;
  readonly end: number;
}

/**
 * The state of weekly windows at `now` (ms since 1970). Wall-clock times that a change to daylight saving skips are
 * taken as far behind the gap, those it repeats as their first occurrence.
 */
export function windowState(windows: Windows, now: number): WindowState {
  const current = intervalsAround(windows, now).find(({ end }) => end > now);
  if (!current) return { open: false, opensAt: null };
  if (current.start > now) return { open: false, opensAt: current.start };
  const horizon = now + (DAYS_AHEAD - 1) * 86_400_000;
  return { open: true, closesAt: current.end > horizon ? null : current.end };
}

/** The open times from yesterday to a week ahead, in order, those that touch joined. */
function intervalsAround({ timeZone, weekly }: Windows, now: number): Interval[] {
  const today = Temporal.Instant.fromEpochMilliseconds(now).toZonedDateTimeISO(timeZone).toPlainDate();
  const intervals: Interval[] = [];
  for (let offset = -1; offset <= DAYS_AHEAD; offset++) {
    const date = today.add({ days: offset });
    for (const { days, from, to } of weekly) {
      if (!days.includes(date.dayOfWeek as Weekday)) continue;
      const endDate = to <= from ? date.add({ days: 1 }) : date;
      intervals.push({ start: instantOf(date, from, timeZone), end: instantOf(endDate, to, timeZone) });
    }
  }
  intervals.sort((a, b) => a.start - b.start);
  return intervals.reduce<Interval[]>((joined, next) => {
    const last = joined.at(-1);
    if (!last || next.start > last.end) joined.push(next);
    else if (next.end > last.end) joined[joined.length - 1] = { start: last.start, end: next.end };
    return joined;
  }, []);
}

function instantOf(date: Temporal.PlainDate, time: string, timeZone: string): number {
  return date.toZonedDateTime({ timeZone, plainTime: Temporal.PlainTime.from(time) }).epochMilliseconds;
}

/** What is wrong with windows, as a sentence; undefined when nothing is. */
export function windowsProblem({ timeZone, weekly }: Windows): string | undefined {
  if (!isTimeZone(timeZone)) return 'There is no such time zone.';
  if (weekly.length === 0) return 'Name at least one window, or leave the windows out.';
  for (const { days, from, to } of weekly) {
    if (days.length === 0) return 'A window needs at least one day.';
    if (![from, to].every((time) => /^([01]\d|2[0-3]):[0-5]\d$/.test(time))) return 'Times are written as HH:MM.';
  }
  return undefined;
}

function isTimeZone(name: string): boolean {
  try {
    Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(name);
    return /^[A-Za-z]/.test(name);
  } catch {
    return false;
  }
}

import { ALWAYS, type Schedule, type Windows } from '@viaduct/domain';
import type { Moment } from './ledger.ts';

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/** ms since 1970 of a time in January 2026 (UTC); the 5th is a Monday. */
export const january = (day: number, time: string): number =>
  Date.parse(`2026-01-${String(day).padStart(2, '0')}T${time}:00Z`);

/** The same instant as waits name it. */
export const iso = (ms: number): string => new Date(ms).toISOString();

/** Windows with the same hours on every day. */
export const daily = (from: string, to: string, timeZone = 'UTC'): Windows => ({
  timeZone,
  weekly: [{ days: [1, 2, 3, 4, 5, 6, 7], from, to }],
});

/** The schedule of a job that works at the same hours on every day. */
export const nightly = (from: string, to: string, more: Partial<Schedule> = {}): Schedule => ({
  ...ALWAYS,
  windows: daily(from, to),
  ...more,
});

/** Hours of the day (UTC) in which something happened, each once. */
export function hoursOf(moments: readonly Moment[]): number[] {
  // What is finished at 22:00 sharp was done in the hour before.
  const hours = moments.map(({ at }) => new Date(at - 1).getUTCHours());
  return [...new Set(hours)].toSorted((a, b) => a - b);
}

/** Keys that occur more than once. */
export function repeated(moments: readonly Moment[]): string[] {
  const keys = moments.map(({ key }) => key);
  return keys.filter((key, index) => keys.indexOf(key) !== index);
}

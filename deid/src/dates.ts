const DAY_MS = 86_400_000;

/** Year, month and day moved by whole days; undefined when they are no date or the result has no four-digit year. */
function shiftDay(year: number, month: number, day: number, days: number): Date | undefined {
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  const isReal = date.getUTCFullYear() === year && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
  if (!isReal) return undefined;
  const moved = new Date(date.getTime() + days * DAY_MS);
  return moved.getUTCFullYear() >= 1 ? moved : undefined;
}

function digits(date: Date): string {
  const year = String(date.getUTCFullYear()).padStart(4, '0');
  return `${year}${String(date.getUTCMonth() + 1).padStart(2, '0')}${String(date.getUTCDate()).padStart(2, '0')}`;
}

/** A value of VR DA moved by whole days; undefined when it is not YYYYMMDD (PS3.5 §6.2). */
export function shiftDate(value: string, days: number): string | undefined {
  const parts = /^(\d{4})(\d{2})(\d{2})$/.exec(value);
  if (parts === null) return undefined;
  const moved = shiftDay(Number(parts[1]), Number(parts[2]), Number(parts[3]), days);
  return moved && digits(moved);
}

/**
 * A value of VR DT moved by whole days, time of day and zone as they were; undefined when it is none. A value without day or month
 * keeps its precision: it moves from the middle of its month or year.
 */
export function shiftDateTime(value: string, days: number): string | undefined {
  const parts = /^(\d{4})(\d{2})?(\d{2})?((?:\d{2}){0,3}(?:\.\d{1,6})?(?:[+-]\d{4})?)$/.exec(value);
  if (parts === null) return undefined;
  const [, year, month, day, rest = ''] = parts;
  const moved = shiftDay(Number(year), Number(month ?? 7), Number(day ?? (month === undefined ? 1 : 15)), days);
  if (moved === undefined) return undefined;
  const precision = 4 + (month?.length ?? 0) + (day?.length ?? 0);
  return digits(moved).slice(0, precision) + rest;
}

const DATE = /^(\d{4})(\d{2})(\d{2})$/;
const MONTHS_IN_YEAR = 12;
const DAYS_IN_WEEK = 7;

/**
 * The age on a day as VR AS writes it: days up to four weeks, months up to two years, else years.
 * @param maximumAge years above it become the next; null for none
 * @returns undefined when either is no date or the birth comes later
 */
export function ageBetween(birth: string, day: string, maximumAge: number | null): string | undefined {
  const from = DATE.exec(birth)?.slice(1).map(Number);
  const to = DATE.exec(day)?.slice(1).map(Number);
  if (from === undefined || to === undefined || day < birth) return undefined;
  const [[year = 0, month = 0, date = 0], [year2 = 0, month2 = 0, date2 = 0]] = [from, to];
  const months = (year2 - year) * MONTHS_IN_YEAR + month2 - month - (date2 < date ? 1 : 0);
  const written = (count: number, unit: string): string => `${String(count).padStart(3, '0')}${unit}`;
  const days = Math.round((Date.UTC(year2, month2 - 1, date2) - Date.UTC(year, month - 1, date)) / DAY_MS);
  if (days < 4 * DAYS_IN_WEEK) return written(days, 'D');
  if (months < 2 * MONTHS_IN_YEAR) return written(months, 'M');
  const years = Math.floor(months / MONTHS_IN_YEAR);
  if (years > 999) return undefined;
  return written(maximumAge === null ? years : Math.min(years, maximumAge + 1), 'Y');
}

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

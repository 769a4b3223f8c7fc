import type { Weekday, WeeklyWindow } from '@viaduct/domain';

/** Weekdays in the order of a week, ISO 8601. */
export const WEEK = [1, 2, 3, 4, 5, 6, 7] as const satisfies readonly Weekday[];

const DAY = 1_440;
const WHOLE_WEEK = 7 * DAY;

/** Open minutes of a week, from Monday 00:00. */
interface Span {
  readonly from: number;
  readonly to: number;
}

/** One hour of the grid: how much of it is open. */
export type Hour = 'open' | 'partly' | 'closed';

/** A cell of the grid: ISO weekday and hour 0 to 23. */
export interface Cell {
  readonly day: Weekday;
  readonly hour: number;
}

/** The grid that weekly windows make: seven days of 24 hours. */
export function hoursOf(weekly: readonly WeeklyWindow[]): Hour[][] {
  const spans = spansOf(weekly);
  return WEEK.map((day) =>
    Array.from({ length: 24 }, (_, hour) => {
      const from = startOf({ day, hour });
      const open = spans.reduce(
        (sum, span) => sum + Math.max(0, Math.min(span.to, from + 60) - Math.max(span.from, from)),
        0,
      );
      return open >= 60 ? 'open' : open > 0 ? 'partly' : 'closed';
    }),
  );
}

/** Weekly windows after some hours of the grid were opened or closed; minutes outside of these hours stay. */
export function paint(weekly: readonly WeeklyWindow[], cells: readonly Cell[], open: boolean): WeeklyWindow[] {
  let spans = spansOf(weekly);
  for (const cell of cells) {
    const from = startOf(cell);
    spans = without(spans, { from, to: from + 60 });
    if (open) spans.push({ from, to: from + 60 });
  }
  return weeklyOf(joined(spans));
}

/** Windows in their shortest form: those that touch joined, days with the same hours in one line. */
export function tidy(weekly: readonly WeeklyWindow[]): WeeklyWindow[] {
  return weeklyOf(spansOf(weekly));
}

/** The cells of the rectangle between two corners. */
export function cellsBetween(a: Cell, b: Cell): Cell[] {
  const between = (x: number, y: number, each: number) => each >= Math.min(x, y) && each <= Math.max(x, y);
  return WEEK.filter((day) => between(a.day, b.day, day)).flatMap((day) =>
    Array.from({ length: 24 }, (_, hour) => ({ day, hour })).filter(({ hour }) => between(a.hour, b.hour, hour)),
  );
}

const startOf = ({ day, hour }: Cell) => (day - 1) * DAY + hour * 60;

function minutesOf(time: string): number {
  const [hours = 0, minutes = 0] = time.split(':').map(Number);
  return hours * 60 + minutes;
}

function timeOf(minutes: number): string {
  const two = (value: number) => String(value).padStart(2, '0');
  return `${two(Math.floor((minutes % DAY) / 60))}:${two(minutes % 60)}`;
}

function spansOf(weekly: readonly WeeklyWindow[]): Span[] {
  const spans = weekly.flatMap(({ days, from, to }) =>
    days.flatMap((day) => {
      const start = (day - 1) * DAY + minutesOf(from);
      const length = (minutesOf(to) - minutesOf(from) + DAY - 1) % DAY;
      const end = start + length + 1;
      return end <= WHOLE_WEEK
        ? [{ from: start, to: end }]
        : [
            { from: start, to: WHOLE_WEEK },
            { from: 0, to: end - WHOLE_WEEK },
          ];
    }),
  );
  return joined(spans);
}

function joined(spans: readonly Span[]): Span[] {
  const result: Span[] = [];
  for (const span of spans.toSorted((a, b) => a.from - b.from)) {
    const last = result.at(-1);
    if (!last || span.from > last.to) result.push(span);
    else if (span.to > last.to) result[result.length - 1] = { from: last.from, to: span.to };
  }
  return result;
}

function without(spans: readonly Span[], hole: Span): Span[] {
  return spans
    .flatMap(({ from, to }) => [
      { from, to: Math.min(to, hole.from) },
      { from: Math.max(from, hole.to), to },
    ])
    .filter(({ from, to }) => from < to);
}

/** Spans as windows: what crosses Sunday night is one, what is longer than a day is told day by day. */
function weeklyOf(spans: readonly Span[]): WeeklyWindow[] {
  const first = spans[0];
  const last = spans.at(-1);
  const wraps = spans.length > 1 && first?.from === 0 && last?.to === WHOLE_WEEK;
  const whole =
    wraps && first && last ? [...spans.slice(1, -1), { from: last.from, to: WHOLE_WEEK + first.to }] : spans;
  const lines = new Map<string, { days: Weekday[]; from: string; to: string }>();
  for (const piece of whole.flatMap(daily)) {
    const day = WEEK[Math.floor(piece.from / DAY) % 7] ?? 1;
    const [from, to] = [timeOf(piece.from), timeOf(piece.to)];
    const line = lines.get(`${from}-${to}`) ?? { days: [], from, to };
    line.days = [...line.days, day].sort((a, b) => a - b);
    lines.set(`${from}-${to}`, line);
  }
  return [...lines.values()].sort((a, b) => (a.days[0] ?? 0) - (b.days[0] ?? 0) || a.from.localeCompare(b.from));
}

/** A span of up to 24 hours is one window; a longer one is cut at midnight. */
function daily({ from, to }: Span): Span[] {
  if (to - from <= DAY) return [{ from, to }];
  const cut = (Math.floor(from / DAY) + 1) * DAY;
  return [{ from, to: cut }, ...daily({ from: cut, to })];
}

/** Numbers, sizes, durations and moments as people read them (see the form guide: `4.9 GB`, `3 h 12 min`, `2026-11-21 14:02`). */

const THIN = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });

/** A count with thousands separators: `214,880`. */
export function formatCount(count: number): string {
  return THIN.format(count);
}

const SIZES = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'] as const;

/** Bytes in decimal units with two or three significant figures: `4.9 GB`, `113 GB`, `512 B`. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < SIZES.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const text = unit > 0 && value < 9.95 ? value.toFixed(1) : THIN.format(value);
  return `${text} ${SIZES[unit]}`;
}

/** Bytes per second: `41 MB/s`. */
export function formatRate(bytesPerSecond: number): string {
  return `${formatBytes(bytesPerSecond)}/s`;
}

/** A span of time in ms, at most two units: `320 ms`, `4.2 s`, `2 min 5 s`, `3 h 12 min`, `2 d 4 h`. */
export function formatDuration(ms: number): string {
  const span = Math.max(0, ms);
  if (span < 999.5) return `${Math.round(span)} ms`;
  if (span < 9950) return `${(span / 1000).toFixed(1)} s`;
  const seconds = Math.round(span / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return pair(minutes, 'min', seconds % 60, 's');
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return pair(hours, 'h', minutes % 60, 'min');
  return pair(Math.floor(hours / 24), 'd', hours % 24, 'h');
}

function pair(large: number, largeUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${large} ${largeUnit}` : `${large} ${largeUnit} ${small} ${smallUnit}`;
}

/** A moment as `2026-11-21 14:02` (with seconds on request) in an IANA time zone. */
export function formatMoment(moment: string | number | Date, zone: string, seconds = false): string {
  const date = new Date(moment);
  if (Number.isNaN(date.getTime())) return '';
  const parts = new Intl.DateTimeFormat('en-CA', {
    timeZone: zone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
  }).formatToParts(date);
  const part = (type: Intl.DateTimeFormatPartTypes) => parts.find((each) => each.type === type)?.value ?? '';
  const day = `${part('year')}-${part('month')}-${part('day')}`;
  const time = `${part('hour')}:${part('minute')}`;
  return seconds ? `${day} ${time}:${part('second')}` : `${day} ${time}`;
}

/** How long ago or ahead a moment lies: `just now`, `4 min ago`, `in 3 h 12 min`. Both in ms since 1970. */
export function formatRelative(moment: number, now: number): string {
  const distance = now - moment;
  const size = Math.abs(distance);
  if (size < 10_000) return 'just now';
  const text = formatDuration(coarse(size));
  return distance > 0 ? `${text} ago` : `in ${text}`;
}

/** Drops the smaller unit of long spans: nobody needs `2 h 13 min ago` to the minute after a day. */
function coarse(span: number): number {
  const steps: readonly [number, number][] = [
    [86_400_000, 3_600_000],
    [3_600_000, 60_000],
    [60_000, 60_000],
  ];
  const step = steps.find(([from]) => span >= from);
  return step ? Math.floor(span / step[1]) * step[1] : span;
}

/** A unique identifier shortened in the middle: `1.2.840.11…88.12`. Short ones stay whole. */
export function shortenUid(uid: string, length = 22): string {
  if (uid.length <= length) return uid;
  const tail = Math.floor((length - 1) * 0.45);
  return `${uid.slice(0, length - 1 - tail)}…${uid.slice(-tail)}`;
}

/** A time zone that the browser named, or UTC where it is none. */
export function knownZone(zone: string | undefined): string {
  if (!zone) return 'UTC';
  try {
    return new Intl.DateTimeFormat('en-CA', { timeZone: zone }).resolvedOptions().timeZone;
  } catch {
    return 'UTC';
  }
}

/** Milliseconds left at the present pace, or undefined while there is none. */
export function remaining(done: number, total: number, elapsedMs: number): number | undefined {
  if (done <= 0 || total <= done || elapsedMs < 2000) return undefined;
  return ((total - done) / done) * elapsedMs;
}

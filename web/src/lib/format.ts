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

const WEEKDAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'] as const;

/**
 * A moment near now as people say it, in an IANA time zone: `today 22:00`, `tomorrow 06:00`, `Fri 22:00` within a week,
 * else `2026-11-21 22:00`. Both in ms since 1970.
 */
export function formatDay(moment: number, now: number, zone: string): string {
  const [day = '', time = ''] = formatMoment(moment, zone).split(' ');
  const dayOf = (each: string) => Date.parse(`${each}T00:00:00Z`) / 86_400_000;
  const ahead = dayOf(day) - dayOf(formatMoment(now, zone).slice(0, 10));
  if (ahead === 0) return `today ${time}`;
  if (ahead === 1) return `tomorrow ${time}`;
  if (ahead > 1 && ahead < 7) return `${WEEKDAYS[new Date(`${day}T00:00:00Z`).getUTCDay()]} ${time}`;
  return `${day} ${time}`;
}

/** How long it is until a moment, to the minute where it is long: `3 h 12 min`, `45 s`. Both in ms since 1970. */
export function formatAhead(moment: number, now: number): string {
  const span = Math.max(0, moment - now);
  return formatDuration(span < 60_000 ? Math.ceil(span / 1000) * 1000 : coarse(span));
}

/** The instant (ISO 8601, UTC) of a wall-clock time such as `2026-11-21T22:00` in an IANA zone; undefined where it is none. */
export function instantOf(local: string, zone: string): string | undefined {
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?$/.test(local)) return undefined;
  const wanted = Date.parse(`${local}Z`);
  if (Number.isNaN(wanted)) return undefined;
  const shownAs = (instant: number) => Date.parse(`${formatMoment(instant, zone, true).replace(' ', 'T')}Z`);
  // The offset of the first guess may be that of the other side of a change to daylight saving: ask once more.
  const guess = wanted - (shownAs(wanted) - wanted);
  return new Date(wanted - (shownAs(guess) - guess)).toISOString();
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

import { formatAhead, formatDay, formatMoment } from '../format.ts';
import type { Gate, Wait } from '../types.ts';

/** What happens at the end of a wait, by its kind. */
const ENDS: Readonly<Partial<Record<Wait['kind'], string>>> = {
  'not-before': 'starts',
  'job-window': 'opens',
  'node-window': 'opens',
};

/**
 * A wait as one sentence with its end or its beginning: `Outside the hours of PACS A, opens today 22:00, in 3 h 12 min`,
 * `Paused by N. N., 14:02`.
 */
export function waitSentence(wait: Omit<Wait, 'nodeId'>, now: number, zone: string): string {
  const text = wait.text.replace(/\.$/, '');
  if (wait.since !== null) {
    const since = timeOf(wait.since, now, zone);
    // What is said in several sentences gets its time in one of its own.
    if (text.includes('. ')) return `${text}. Since ${since}`;
    return `${text}, ${wait.kind === 'paused' ? '' : 'since '}${since}`;
  }
  const until = wait.until === null ? undefined : Date.parse(wait.until);
  if (until === undefined || until <= now) return wait.text;
  const ahead = formatAhead(until, now);
  const verb = ENDS[wait.kind];
  return verb
    ? `${text}, ${verb} ${formatDay(until, now, zone)}, in ${ahead}`
    : `${text}, asked again ${until - now < 3_600_000 ? `in ${ahead}` : `${formatDay(until, now, zone)}, in ${ahead}`}`;
}

/** The time alone where it is of this day. */
function timeOf(moment: string, now: number, zone: string): string {
  const [today, day] = [now, moment].map((each) => formatMoment(each, zone));
  return day?.slice(0, 10) === today?.slice(0, 10) ? (day?.slice(11) ?? '') : (day ?? '');
}

/** Whether a node may be worked with now, with the next change: `open, closes today 06:00, in 2 h`. */
export function gateSentence(gate: Gate, now: number, zone: string): string {
  const at = gate.changesAt === null ? undefined : Date.parse(gate.changesAt);
  const change = at === undefined || at <= now ? '' : `${formatDay(at, now, zone)}, in ${formatAhead(at, now)}`;
  if (gate.open) return change ? `open, closes ${change}` : 'open';
  return change ? `closed, opens ${change}` : gate.text;
}

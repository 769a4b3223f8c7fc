import { formatAhead, formatDay } from '../format.ts';
import type { Gate, Wait } from '../types.ts';

/** What happens at the end of a wait, by its kind. */
const ENDS: Readonly<Partial<Record<Wait['kind'], string>>> = {
  'not-before': 'starts',
  'job-window': 'opens',
  'node-window': 'opens',
};

/** A wait as one sentence with its end: `Outside the hours of PACS A, opens today 22:00, in 3 h 12 min`. */
export function waitSentence(wait: Pick<Wait, 'kind' | 'text' | 'until'>, now: number, zone: string): string {
  const until = wait.until === null ? undefined : Date.parse(wait.until);
  if (until === undefined || until <= now) return wait.text;
  const text = wait.text.replace(/\.$/, '');
  const ahead = formatAhead(until, now);
  const verb = ENDS[wait.kind];
  return verb
    ? `${text}, ${verb} ${formatDay(until, now, zone)}, in ${ahead}`
    : `${text}, asked again ${until - now < 3_600_000 ? `in ${ahead}` : `${formatDay(until, now, zone)}, in ${ahead}`}`;
}

/** Whether a node may be worked with now, with the next change: `open, closes today 06:00, in 2 h`. */
export function gateSentence(gate: Gate, now: number, zone: string): string {
  const at = gate.changesAt === null ? undefined : Date.parse(gate.changesAt);
  const change = at === undefined || at <= now ? '' : `${formatDay(at, now, zone)}, in ${formatAhead(at, now)}`;
  if (gate.open) return change ? `open, closes ${change}` : 'open';
  return change ? `closed, opens ${change}` : gate.text;
}

import { gateOf, jobGate, type Ends, type Gates } from '@viaduct/domain';

/** How far a job has come. */
export interface Progress {
  /** Studies, and those of them that nobody has begun. */
  readonly tasks: number;
  readonly untouched: number;
  /** Images of the others, and those of them that are stored or have failed. */
  readonly expected: number;
  readonly over: number;
}

/** Windows that are looked at in search of the end. */
const MOST_WINDOWS = 100;

/** Images that are left; studies that nobody has looked at are taken to be as large as the others. Undefined: unknown. */
export function imagesLeft({ tasks, untouched, expected, over }: Progress): number | undefined {
  const known = tasks - untouched;
  if (known <= 0 || expected === 0) return undefined;
  return Math.max(0, expected - over) + (expected / known) * untouched;
}

/**
 * When work that takes so long ends if it goes on only while its gates are open (both ms since 1970). Undefined when it
 * does not within the next 100 windows.
 * @param ends the nodes it works between, when that is one pair for all of it
 */
export function endOf(gates: Gates, ends: Ends | undefined, now: number, workMs: number): number | undefined {
  let at = now;
  let left = workMs;
  for (let n = 0; n < MOST_WINDOWS; n++) {
    const gate = ends ? gateOf(gates, ends, at) : jobGate(gates, at);
    if (!gate.open) {
      if (gate.opensAt === null) return undefined;
      at = gate.opensAt;
      continue;
    }
    if (gate.closesAt === null || at + left <= gate.closesAt) return at + left;
    left -= gate.closesAt - at;
    at = gate.closesAt;
  }
  return undefined;
}

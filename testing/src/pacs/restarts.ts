import { setTimeout as delay } from 'node:timers/promises';
import type { Line } from './line.ts';
import type { Recorder } from './recorder.ts';
import type { Script } from './script.ts';
import type { Faults } from './types.ts';

const DAY_MS = 86_400_000;
/** The longest a timer takes; a day is shorter. */
const NEVER_MS = 2 ** 31 - 1;

/** Until the next restart, ms. @param at - `HH:MM` UTC */
export function untilRestart({ everyMs, at }: NonNullable<Faults['restart']>, now: Date): number {
  if (at === undefined) return everyMs ?? NEVER_MS;
  const next = new Date(`${now.toISOString().slice(0, 10)}T${at}:00Z`).getTime() - now.getTime();
  return next > 0 ? next : next + DAY_MS;
}

/** Restarts the PACS as its script says until the signal fires. */
export async function keepRestarting(
  script: Script,
  line: Line,
  recorder: Recorder,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    const { restart } = script.faults;
    if (!(await passes(restart ? untilRestart(restart, new Date()) : NEVER_MS, script, signal))) continue;
    recorder.event(0, 'fault', 'restart');
    line.down();
    await passes(restart?.downMs ?? 0, script, signal);
    line.up();
  }
}

/** Waits. Says whether the time has passed; false when the script was replaced or the signal fired. */
async function passes(ms: number, script: Script, signal: AbortSignal): Promise<boolean> {
  const waiting = new AbortController();
  const time = delay(ms, true, { signal: AbortSignal.any([signal, waiting.signal]), ref: false }).catch(() => false);
  const passed = await Promise.race([time, script.changed.then(() => false)]);
  waiting.abort();
  return passed;
}

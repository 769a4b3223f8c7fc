import { gateOf, type Gate, type NodeGate, type Schedule } from '@viaduct/domain';
import type { ScheduleInput, Windows } from '../types.ts';
import { weeklyOf } from './schedule.ts';

/** A node as the forecast needs it. */
export interface GatedNode {
  readonly id: string;
  readonly name: string;
  readonly windows: Windows | null;
  readonly suspended: boolean;
}

/** When a job can begin, and what it waits for until then. */
export type Forecast =
  | { readonly open: true; readonly closesAt: number | null }
  | { readonly open: false; readonly opensAt: number | null; readonly node: string | undefined };

const isWeekday = (day: number): day is 1 | 2 | 3 | 4 | 5 | 6 | 7 => day >= 1 && day <= 7;

function windowsOf(windows: Windows | NonNullable<ScheduleInput['windows']> | null): Schedule['windows'] {
  if (!windows) return null;
  const lines = windows.weekly.map(({ days, from, to }) => ({ days: days.filter(isWeekday), from, to }));
  return { timeZone: windows.timeZone, weekly: weeklyOf(lines) };
}

/**
 * When the first of some transfers can begin: as soon as the job and both its ends are open.
 * @param schedule as the API takes it; null is now, at any hour
 * @param now ms since 1970
 */
export function forecast(
  schedule: ScheduleInput | null,
  urgent: boolean,
  sources: readonly GatedNode[],
  destination: GatedNode | undefined,
  now: number,
): Forecast {
  const nodes = [...sources, ...(destination ? [destination] : [])];
  const gates = {
    schedule: {
      notBefore: schedule?.notBefore ?? null,
      windows: windowsOf(schedule?.windows ?? null),
      atClose: schedule?.atClose ?? 'park',
      maxOverrunMs: schedule?.maxOverrunMs ?? 0,
    },
    urgent,
    nodes: nodes.map(({ id, windows, suspended }): NodeGate => ({ id, windows: windowsOf(windows), suspended })),
  };
  const all = sources.map(({ id }) => gateOf(gates, { sourceId: id, destinationId: destination?.id ?? '' }, now));
  const first = all.reduce<Gate | undefined>((best, gate) => (best && !isSooner(gate, best) ? best : gate), undefined);
  if (!first || first.open) return { open: true, closesAt: first?.closesAt ?? null };
  return { open: false, opensAt: first.opensAt, node: nodes.find(({ id }) => id === first.nodeId)?.name };
}

function isSooner(a: Gate, b: Gate): boolean {
  if (a.open || b.open) return a.open && !b.open;
  return (a.opensAt ?? Infinity) < (b.opensAt ?? Infinity);
}

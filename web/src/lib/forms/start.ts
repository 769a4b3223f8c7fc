import { endOf, gateOf, type Gate, type Gates, type NodeGate, type Schedule } from '@viaduct/domain';
import type { BasketItem, ScheduleInput, Windows } from '../types.ts';
import { weeklyOf } from './schedule.ts';
import { workOf, type Experience } from './volume.ts';

/** A node as the forecast needs it. */
export interface GatedNode {
  readonly id: string;
  readonly name: string;
  readonly windows: Windows | null;
  readonly suspended: boolean;
  /** Jobs that work with it now. */
  readonly openJobs: number;
}

/** A transfer as it would begin now. */
export interface Planned {
  /** As the API takes it; null is now, at any hour. */
  readonly schedule: ScheduleInput | null;
  readonly urgent: boolean;
  readonly sources: readonly GatedNode[];
  readonly destination: GatedNode | undefined;
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

function gatesOf({ schedule, urgent, sources, destination }: Planned): Gates {
  return {
    schedule: {
      notBefore: schedule?.notBefore ?? null,
      windows: windowsOf(schedule?.windows ?? null),
      atClose: schedule?.atClose ?? 'park',
      maxOverrunMs: schedule?.maxOverrunMs ?? 0,
    },
    urgent,
    nodes: [...sources, ...(destination ? [destination] : [])].map(({ id, windows, suspended }): NodeGate => ({
      id,
      windows: windowsOf(windows),
      suspended,
    })),
  };
}

/**
 * When the first of some transfers can begin: as soon as the job and both its ends are open.
 * @param now ms since 1970
 */
export function forecast(planned: Planned, now: number): Forecast {
  const { sources, destination } = planned;
  const gates = gatesOf(planned);
  const all = sources.map(({ id }) => gateOf(gates, { sourceId: id, destinationId: destination?.id ?? '' }, now));
  const first = all.reduce<Gate | undefined>((best, gate) => (best && !isSooner(gate, best) ? best : gate), undefined);
  if (!first || first.open) return { open: true, closesAt: first?.closesAt ?? null };
  const node = [...sources, ...(destination ? [destination] : [])].find(({ id }) => id === first.nodeId);
  return { open: false, opensAt: first.opensAt, node: node?.name };
}

function isSooner(a: Gate, b: Gate): boolean {
  if (a.open || b.open) return a.open && !b.open;
  return (a.opensAt ?? Infinity) < (b.opensAt ?? Infinity);
}

/** When a transfer ends, about. */
export interface Ending {
  /** At the speed of its sources, inside all hours; ms since 1970. */
  readonly at: number;
  /** Other jobs share a source with it: it ends then at the earliest. */
  readonly shared: boolean;
}

/** When the last of a basket’s studies ends; undefined where a speed is unknown. */
export function endsAbout(
  planned: Planned,
  basket: readonly BasketItem[],
  experience: Experience,
  now: number,
): Ending | undefined {
  const { sources, destination, urgent } = planned;
  if (!destination || sources.length === 0) return undefined;
  const gates = gatesOf(planned);
  const ends = sources.map(({ id }) => {
    const work = workOf(basket, id, experience);
    return work === undefined ? undefined : endOf(gates, { sourceId: id, destinationId: destination.id }, now, work);
  });
  const at = ends.reduce(
    (last, end) => (last === undefined || end === undefined ? undefined : Math.max(last, end)),
    now,
  );
  return at === undefined ? undefined : { at, shared: !urgent && sources.some(({ openJobs }) => openJobs > 0) };
}

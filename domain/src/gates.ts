import { windowState, type Windows } from './windows.ts';

/** When a job may be worked on; the hours of its nodes come on top. */
export interface Schedule {
  /** ISO 8601 instant; null: at once. */
  readonly notBefore: string | null;
  readonly windows: Windows | null;
  /** What happens to studies that run when the job's windows close: parked at the next instance, or finished. */
  readonly atClose: 'park' | 'finish';
  /** How long running studies may go on after the close when they are to be finished (ms). */
  readonly maxOverrunMs: number;
}

/** Now, at any hour. */
export const ALWAYS: Schedule = { notBefore: null, windows: null, atClose: 'park', maxOverrunMs: 1_800_000 };

/** What a node allows. */
export interface NodeGate {
  readonly id: string;
  readonly windows: Windows | null;
  readonly suspended: boolean;
}

/** Everything that decides when the work of a job may go on. */
export interface Gates {
  readonly schedule: Schedule;
  /** Urgent jobs do not wait for their own windows, but for those of the nodes. */
  readonly urgent: boolean;
  /** The nodes that the job's open tasks involve. */
  readonly nodes: readonly NodeGate[];
}

export const CLOSED_BY = ['not-before', 'job-window', 'node-window', 'node-suspended'] as const;
export type ClosedBy = (typeof CLOSED_BY)[number];

/**
 * Whether work may go on now, and when that changes by itself (ms since 1970, null: not within a week). A closed gate
 * names what it waits for last: when that opens, everything else is open too.
 */
export type Gate =
  | { readonly open: true; readonly closesAt: number | null }
  | { readonly open: false; readonly opensAt: number | null; readonly by: ClosedBy; readonly nodeId?: string };

/** The nodes that a task works between. */
export interface Ends {
  readonly sourceId: string;
  readonly destinationId: string;
}

type Closed = Extract<Gate, { open: false }>;
type Part = (now: number) => Gate;

const OPEN: Gate = { open: true, closesAt: null };
/** Windows repeat every week: what is not open at once within this time never is (ms). */
const HORIZON_MS = 8 * 86_400_000;

/** The gate of the job itself, whatever its nodes say. */
export function jobGate(gates: Gates, now: number): Gate {
  return together([jobPart(gates)], now);
}

/** The gate of one node. */
export function nodeGate(node: NodeGate, now: number): Gate {
  return together([nodePart(node)], now);
}

/** The gate of work between two nodes of a job. */
export function gateOf(gates: Gates, ends: Ends, now: number): Gate {
  return together([jobPart(gates), ...nodeParts(gates, ends)], now);
}

/**
 * Until when work that runs now may go on (ms since 1970): a node's hours are hard, the job's may be overrun when its
 * studies are to be finished. null: no end within a week.
 * @param before the deadline it has had so far, which holds while it overruns
 */
export function deadlineOf(gates: Gates, ends: Ends, now: number, before: number | null = now): number | null {
  const hard = together(nodeParts(gates, ends), now);
  if (!hard.open) return now;
  const own = jobPart(gates)(now);
  const { atClose, maxOverrunMs } = gates.schedule;
  if (!own.open) return atClose === 'finish' ? earliest(hard.closesAt, before) : now;
  const overrun = atClose === 'finish' ? maxOverrunMs : 0;
  return earliest(hard.closesAt, own.closesAt === null ? null : own.closesAt + overrun);
}

/** The next instant (ms) at which the job's own gate or that of a node may change by itself; null: none within a week. */
export function nextChange(gates: Gates, now: number): number | null {
  return [jobPart(gates), ...gates.nodes.map(nodePart)]
    .map((part) => part(now))
    .map((gate) => (gate.open ? gate.closesAt : gate.opensAt))
    .reduce(earliest, null);
}

function jobPart({ schedule, urgent }: Gates): Part {
  const notBefore = schedule.notBefore === null ? -Infinity : Date.parse(schedule.notBefore);
  return (now) => {
    if (now < notBefore) return { open: false, opensAt: notBefore, by: 'not-before' };
    if (urgent || !schedule.windows) return OPEN;
    const state = windowState(schedule.windows, now);
    return state.open ? state : { ...state, by: 'job-window' };
  };
}

function nodePart({ id, windows, suspended }: NodeGate): Part {
  return (now) => {
    if (suspended) return { open: false, opensAt: null, by: 'node-suspended', nodeId: id };
    if (!windows) return OPEN;
    const state = windowState(windows, now);
    return state.open ? state : { ...state, by: 'node-window', nodeId: id };
  };
}

function nodeParts({ nodes }: Gates, { sourceId, destinationId }: Ends): Part[] {
  return nodes.filter(({ id }) => id === sourceId || id === destinationId).map(nodePart);
}

/** Open when every part is; else the first instant at which every part is open at once. */
function together(parts: readonly Part[], now: number): Gate {
  let last: Closed | undefined;
  let horizon = now + HORIZON_MS;
  for (let at = now; at <= horizon;) {
    const gates = parts.map((part) => part(at));
    const closed = gates.filter((gate) => !gate.open);
    if (closed.length === 0) {
      if (last) return { ...last, opensAt: at };
      return { open: true, closesAt: gates.map((gate) => (gate.open ? gate.closesAt : null)).reduce(earliest, null) };
    }
    last = closed.find(({ opensAt }) => opensAt === null) ?? closed.reduce((a, b) => (later(b, a) ? b : a));
    if (last.opensAt === null) return last;
    at = last.opensAt;
    if (last.by === 'not-before') horizon = at + HORIZON_MS;
  }
  return last ? { ...last, opensAt: null } : OPEN;
}

const later = (a: Closed, b: Closed) => (a.opensAt ?? Infinity) > (b.opensAt ?? Infinity);

function earliest(a: number | null, b: number | null): number | null {
  if (a === null || b === null) return a ?? b;
  return Math.min(a, b);
}

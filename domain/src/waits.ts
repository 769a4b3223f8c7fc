import type { Gate } from './gates.ts';

/** Why a task or a job waits: the closed list behind every wait that is shown. */
export const WAIT_KINDS = [
  'no-worker',
  'paused',
  'review',
  'not-before',
  'job-window',
  'node-window',
  'node-suspended',
  'queued',
  'slot',
  'rate',
  'spool-full',
  'destination-down',
  'destination-full',
  'source-down',
  'host-lost',
  'retry',
] as const;
export type WaitKind = (typeof WAIT_KINDS)[number];

/** A wait as it is kept: ids and counters only. */
export interface WaitReason {
  readonly kind: WaitKind;
  /** The node that it is about. */
  readonly nodeId?: string;
  /** Associations in use, and how many there may be (kind `slot`). */
  readonly used?: number;
  readonly of?: number;
  /** ISO 8601 instant at which it ends or is tried again, when that is known. */
  readonly until?: string;
}

/** What the words of a wait need beside its reason. */
export interface WaitNames {
  /** Name of the node. */
  readonly node?: string;
  /** Numbers of the jobs that hold the node's associations (kind `slot`). */
  readonly jobs?: readonly number[];
  /** Who paused it. */
  readonly by?: string;
  /** Why the node was suspended, as its operator wrote. */
  readonly note?: string;
  /** How many studies go before (kind `queued`), counted to a little more than `MOST_AHEAD`. */
  readonly ahead?: number;
}

/** In a queue longer than this nobody wants to know the place to the last study. */
export const MOST_AHEAD = 10_000;

/** The reason behind a closed gate; undefined when it is open. */
export function waitOfGate(gate: Gate): WaitReason | undefined {
  if (gate.open) return undefined;
  const { by: kind, nodeId, opensAt } = gate;
  return {
    kind,
    ...(nodeId !== undefined && { nodeId }),
    ...(opensAt !== null && { until: new Date(opensAt).toISOString() }),
  };
}

/** What decides why a task waits, in the order in which it is asked. */
export interface TaskWaitFacts {
  /** Pending, waiting, running or paused; others do not wait. */
  readonly state: string;
  /** Whether a worker is there for its queues. */
  readonly hasWorker: boolean;
  /** What was asked of the job. */
  readonly control: string;
  readonly gate: Gate;
  /** What the step that works on it waits for. */
  readonly stepWait: WaitReason | null;
}

/** Why a task does not move; undefined when it does, or has ended. */
export function taskWait({ state, hasWorker, control, gate, stepWait }: TaskWaitFacts): WaitReason | undefined {
  if (state === 'paused') return { kind: 'paused' };
  if (state !== 'pending' && state !== 'waiting' && state !== 'running') return undefined;
  if (!hasWorker) return { kind: 'no-worker' };
  if (stepWait?.kind === 'review') return stepWait;
  if (state === 'running') return stepWait ?? undefined;
  if (control === 'pause') return { kind: 'paused' };
  return waitOfGate(gate) ?? stepWait ?? { kind: 'queued' };
}

/** The words for a wait, without its end: pages show `until` beside them in the reader's time. */
export function waitWords(reason: WaitReason, names: WaitNames = {}): string {
  const node = names.node ?? 'a server that is gone';
  switch (reason.kind) {
    case 'no-worker':
      return 'No worker is running; the work goes on as soon as one is there.';
    case 'paused':
      return names.by === undefined ? 'Paused.' : `Paused by ${names.by}.`;
    case 'review':
      return 'Images have to be looked at: they may show who the patient is.';
    case 'not-before':
      return 'Not before its start time.';
    case 'job-window':
      return 'Outside the hours of this job.';
    case 'node-window':
      return `Outside the hours of ${node}.`;
    case 'node-suspended':
      return names.note ? `${node} is suspended: ${names.note}` : `${node} is suspended.`;
    case 'queued':
      return names.ahead ? `Its turn comes after ${othersOf(names.ahead)}.` : 'Its turn comes next.';
    case 'slot':
      return slotWords(reason, node, usedBy(names.jobs));
    case 'rate':
      return `${node} takes no more requests this minute.`;
    case 'spool-full':
      return 'The transfer disk is full.';
    case 'destination-down':
    case 'source-down':
      return `${node} does not answer.`;
    case 'destination-full':
      return `There is no space left at ${node}.`;
    case 'host-lost':
      return 'The machine that held the images does not answer.';
    case 'retry':
      return `${node} is asked again in a moment.`;
  }
}

const othersOf = (ahead: number): string =>
  `${ahead > MOST_AHEAD ? 'more than ' : ''}${Math.min(ahead, MOST_AHEAD).toLocaleString('en-US')} ${ahead === 1 ? 'other' : 'others'}`;

/** A server that is slowed down may have more connections open than it is allowed now. */
function slotWords({ used, of }: WaitReason, node: string, by: string): string {
  if (of === undefined) return `All connections to ${node} are busy${by}.`;
  if (used !== undefined && used > of) return `${used} connections to ${node} busy${by}, ${of} allowed for now.`;
  return `${used ?? of} of ${of} connections to ${node} busy${by}.`;
}

function usedBy(jobs: readonly number[] | undefined): string {
  if (!jobs || jobs.length === 0) return '';
  const numbers = jobs.slice(0, 3).join(', ');
  return ` with job ${numbers}${jobs.length > 3 ? ' and others' : ''}`;
}

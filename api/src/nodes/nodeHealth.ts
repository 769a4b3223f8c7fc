import { isCause, nodeGate, sentenceOf, explain, type Cause, type NodeGate } from '@viaduct/domain';
import type { Prisma } from '@viaduct/prisma';
import type { NodeView } from '../schemas/nodes.ts';

/** A node as its table has it. */
export type NodeRow = Prisma.NodeGetPayload<object>;

/** Vain contacts in a row after which a server is left alone. */
export const TOLERATED_FAILURES = 5;

const iso = (date: Date | null) => date?.toISOString() ?? null;

/** How it is with a node: what it last answered or why it did not, in words. */
export function healthOf(row: NodeRow): NodeView['health'] {
  const { lastContactAt, lastCauseAt, suspended, suspendedReason } = row;
  const cause = lastCauseAt && isCause(row.lastCause) ? row.lastCause : undefined;
  const failure = cause ? { cause, ...explain(cause, addressOf(row), row.name) } : null;
  const last = { failure, failedAt: cause ? iso(lastCauseAt) : null, tolerates: null };
  if (suspended) {
    const text = suspendedReason ? `${row.name} is suspended: ${suspendedReason}` : `${row.name} is suspended.`;
    return { state: 'suspended', since: iso(row.suspendedAt), text, ...last };
  }
  if (cause && lastCauseAt && (!lastContactAt || lastCauseAt > lastContactAt)) {
    const tolerates = row.kind === 'server' ? Math.max(0, TOLERATED_FAILURES - row.failures) : null;
    return { state: 'failing', since: iso(lastCauseAt), text: whyFailing(row, cause), ...last, tolerates };
  }
  if (lastContactAt) return { state: 'ok', since: iso(lastContactAt), text: `${row.name} answers.`, ...last };
  return { state: 'unknown', since: null, text: `${row.name} has not been asked yet.`, ...last };
}

const whyFailing = (row: NodeRow, cause: Cause) => sentenceOf(cause, addressOf(row), row.name);

/** Facts about where a node is, for the sentences of causes. */
export function addressOf({ host, port, aeTitle, callingAeTitle }: NodeRow): Record<string, string | number> {
  const facts = Object.entries({ host, port, calledAETitle: aeTitle, callingAETitle: callingAeTitle });
  return Object.fromEntries(facts.filter((entry): entry is [string, string | number] => entry[1] !== null));
}

/** When a node was last asked anything. */
export function lastAskedAt({ lastContactAt, lastCauseAt }: NodeRow): Date | null {
  if (!lastContactAt || !lastCauseAt) return lastContactAt ?? lastCauseAt;
  return lastContactAt > lastCauseAt ? lastContactAt : lastCauseAt;
}

/** Whether a node is open now, and when that changes by itself. @param isOurs Viaduct itself has suspended it */
export function gateNow(node: NodeGate, now: number, isOurs = false): NodeView['gate'] {
  const gate = nodeGate(node, now);
  const at = gate.open ? gate.closesAt : gate.opensAt;
  return {
    open: gate.open,
    changesAt: at === null ? null : new Date(at).toISOString(),
    text: gateWords(gate.open, at, node, isOurs),
  };
}

function gateWords(open: boolean, at: number | null, { suspended, windows }: NodeGate, isOurs: boolean): string {
  if (suspended) return isOurs ? 'Suspended until it answers again.' : 'Suspended until somebody resumes it.';
  if (open) return windows === null || at === null ? 'Open at any hour.' : 'Open now.';
  return at === null ? 'Closed at every hour.' : 'Outside its hours.';
}

import {
  jobGate,
  nextChange,
  nodeGate,
  waitOfGate,
  type Ends,
  type Gate,
  type Gates,
  type WaitReason,
} from '@viaduct/domain';
import { CancellationScope, condition } from '@temporalio/workflow';

/** What is open at some instant. */
interface State {
  readonly gates: Gates;
  /** From when on it does not hold any more (ms since 1970; null: it holds until somebody changes the gates). */
  readonly until: number | null;
  readonly job: Gate;
  /** The gates of the nodes that are closed. */
  readonly closed: ReadonlyMap<string, Gate>;
}

/** What is open now: worked out anew when the gates have been changed or the time has come, asked for at any time. */
export class Hours {
  readonly #gates: () => Gates;
  #state: State | undefined;

  /** @param gates gives them as they stand at the moment; other gates are another object */
  constructor(gates: () => Gates) {
    this.#gates = gates;
  }

  /** The gate of the job itself, whatever its nodes say. */
  get job(): Gate {
    return this.#now().job;
  }

  get closedNodes(): string[] {
    return [...this.#now().closed.keys()];
  }

  /** The next instant at which something may open or close by itself (ms since 1970; null: none). */
  get nextChange(): number | null {
    return this.#now().until;
  }

  isNodeOpen(nodeId: string): boolean {
    return !this.#now().closed.has(nodeId);
  }

  /** Whether work between two nodes may begin. */
  isOpenFor({ sourceId, destinationId }: Ends): boolean {
    return this.job.open && this.isNodeOpen(sourceId) && this.isNodeOpen(destinationId);
  }

  /**
   * Why a job at which nothing is at work waits for a time to come; null: it does not.
   * @param passedOver the nodes for whose sake tasks were not claimed: the one that opens first is named
   */
  waitOf(passedOver: readonly string[]): WaitReason | null {
    const { job, closed } = this.#now();
    if (!job.open) return waitOfGate(job) ?? null;
    const gates = passedOver.flatMap((nodeId) => closed.get(nodeId) ?? []);
    const [first] = gates.toSorted((a, b) => opensAt(a) - opensAt(b));
    return (first && waitOfGate(first)) ?? null;
  }

  #now(): State {
    const gates = this.#gates();
    const now = Date.now();
    const known = this.#state;
    if (known && known.gates === gates && (known.until === null || now < known.until)) return known;
    const nodes = gates.nodes.map((node) => [node.id, nodeGate(node, now)] as const);
    return (this.#state = {
      gates,
      until: nextChange(gates, now),
      job: jobGate(gates, now),
      closed: new Map(nodes.filter(([, gate]) => !gate.open)),
    });
  }
}

function opensAt(gate: Gate): number {
  return gate.open || gate.opensAt === null ? Infinity : gate.opensAt;
}

/** A timer sleeps no longer than this: the rules of time zones may change meanwhile. */
const MAX_SLEEP_MS = 86_400_000;

/**
 * Wakes the workflow at every instant that `next` names (ms since 1970, in the future; null: none for now), and calls
 * `act` there. `next` is asked again whenever something happens, so it has to be quick.
 */
export function wakeAt(next: () => number | null, act: () => void = () => undefined): void {
  void CancellationScope.nonCancellable(async () => {
    for (;;) {
      const at = next();
      const changed = () => next() !== at;
      if (at === null) await condition(changed);
      else await condition(changed, Math.min(Math.max(at - Date.now(), 1), MAX_SLEEP_MS));
      act();
    }
  });
}

import { admitQueue, DB_QUEUE, findQueue, type HostStep, hostQueue, JOBS_QUEUE } from '@viaduct/workflows/contract';
import type { WorkerPlan } from './fleet.ts';

/** Bookkeeping runs in parallel as far as the pool of connections goes. */
const DB_SLOTS = 10;
/** Parts that one host may hold: enough that waiting followers never keep a retrieve from starting. */
const HOST_SLOTS = 200;
/** Questions of a node beyond its associations: a verify does not stand behind finds that wait for a slot. */
const FIND_SLOTS = 2;
const HOST_STEPS: readonly HostStep[] = ['admit', 'retrieve', 'pseudonymize', 'store'];

/** What the queues have to know of a node. */
export interface NodeLimits {
  readonly id: string;
  readonly kind: string;
  readonly maySource: boolean;
  readonly maxAssociations: number;
}

/**
 * The workers of a host: for workflows, for bookkeeping, for its own parts, and two for each node. Admission has one
 * slot per node and host, so that at most one ordinary part stands before an urgent one.
 */
export function plansFor(hostId: string, nodes: readonly NodeLimits[]): WorkerPlan[] {
  return [
    { taskQueue: JOBS_QUEUE, slots: 0 },
    { taskQueue: DB_QUEUE, slots: DB_SLOTS },
    ...HOST_STEPS.map((step) => ({ taskQueue: hostQueue(hostId, step), slots: HOST_SLOTS })),
    ...nodes.flatMap((node) => [
      { taskQueue: findQueue(node.id), slots: FIND_SLOTS + (node.kind === 'server' ? node.maxAssociations : 0) },
      ...(node.kind === 'server' && node.maySource ? [{ taskQueue: admitQueue(node.id), slots: 1 }] : []),
    ]),
  ];
}

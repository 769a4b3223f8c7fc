import type { MoveTrial, TryMoveInput } from './contract/index.ts';
import { reasonOf } from './failures.ts';
import { trialActivities } from './proxies.ts';

/** Tries whether a node can send to the receiver of each host (C-MOVE), all at once. In the order of the hosts. */
export async function tryMoveWorkflow({ nodeId, hostIds }: TryMoveInput): Promise<MoveTrial[]> {
  return Promise.all(
    hostIds.map((hostId) =>
      trialActivities(hostId)
        .tryMove({ nodeId })
        .catch((error: unknown): MoveTrial => ({ kind: 'failed', ...reasonOf(error) })),
    ),
  );
}

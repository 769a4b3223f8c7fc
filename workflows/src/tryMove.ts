import type { MoveTrial, TryMoveInput } from './contract/index.ts';
import { reasonOf } from './failures.ts';
import { trialActivities } from './proxies.ts';

/** Tries whether a node can send to the receiver of each host (C-MOVE), all at once. @returns trials by host id */
export async function tryMoveWorkflow({ nodeId, hostIds }: TryMoveInput): Promise<Record<string, MoveTrial>> {
  const trial = async (hostId: string): Promise<[string, MoveTrial]> => {
    const tried = trialActivities(hostId).tryMove({ nodeId });
    return [hostId, await tried.catch((error: unknown) => ({ kind: 'failed', ...reasonOf(error) }))];
  };
  return Object.fromEntries(await Promise.all(hostIds.map(trial)));
}

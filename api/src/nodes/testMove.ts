import { explain, sentenceOf, waitWords } from '@viaduct/domain';
import { MOST_INSTANCES, retrieveMethodOf } from '@viaduct/pacs';
import type { Database } from '@viaduct/prisma';
import type { MoveTrial } from '@viaduct/workflows/contract';
import { ApiProblem, notFound } from '../http/problems.ts';
import { addressOf } from '../operate/receiver.ts';
import type { MoveTestView, NodeView } from '../schemas/nodes.ts';
import { isAlive } from '../system/readiness.ts';
import type { Engine } from '../temporal/engine.ts';

type Outcome = Pick<MoveTestView['receivers'][number], 'ok' | 'sentence' | 'failure'>;

/**
 * Lets a server send a small series to the receiver of each host that is there.
 * @throws ApiProblem 409 where C-MOVE is not used or nothing may be asked now, 503 without a worker or its server
 */
export async function testMove(
  { client }: Database,
  engine: Pick<Engine, 'tryMove'>,
  node: NodeView,
): Promise<MoveTestView> {
  const row = await client.node.findUnique({ where: { id: node.id } });
  if (!row) throw notFound('node');
  if (retrieveMethodOf(row) !== 'c-move') throw new ApiProblem(409, `Nothing is fetched from ${node.name} by C-MOVE.`);
  if (node.suspended) throw new ApiProblem(409, sentenceOf('node-suspended', {}, node.name));
  if (!node.gate.open)
    throw new ApiProblem(409, waitWords({ kind: 'node-window', nodeId: node.id }, { node: node.name }));
  const hosts = await client.workerHost.findMany({ orderBy: { id: 'asc' } });
  const alive = hosts.filter(({ lastSeenAt }) => isAlive(lastSeenAt));
  if (alive.length === 0) throw new ApiProblem(503, waitWords({ kind: 'no-worker' }));
  const trials = await engine.tryMove({ nodeId: node.id, hostIds: alive.map(({ id }) => id) }).catch(() => {
    throw new ApiProblem(503, 'The Temporal server, or the worker, did not answer. Try again when they are ready.');
  });
  const receivers = alive.map(({ id: host, receiverAeTitle: aeTitle, receiverHost, receiverPort: port }) => {
    const address = addressOf({ host, address: receiverHost });
    return {
      host,
      aeTitle,
      address,
      port,
      ...outcomeOf(trials[host] ?? { kind: 'failed', cause: 'host-lost' }, node),
    };
  });
  return { ok: receivers.every(({ ok }) => ok), receivers };
}

function outcomeOf(trial: MoveTrial, { name }: NodeView): Outcome {
  switch (trial.kind) {
    case 'arrived': {
      const { asked, arrived } = trial;
      const all = `${arrived} of ${asked} ${asked === 1 ? 'image' : 'images'} arrived`;
      if (arrived >= asked) return { ok: true, sentence: `${all}: ${name} knows this receiver.` };
      return { ok: false, sentence: `${all}: ${name} knows this receiver, but did not send the others.` };
    }
    case 'no-series':
      return {
        ok: false,
        sentence: `Nothing to try it with: ${name} shows no series of which ${MOST_INSTANCES} images or fewer can be asked for.`,
      };
    case 'waited':
      return { ok: false, sentence: waitWords(trial.wait, { node: name }) };
    case 'failed': {
      const { cause, facts } = trial;
      return {
        ok: false,
        sentence: sentenceOf(cause, facts, name),
        failure: { cause, ...explain(cause, facts, name) },
      };
    }
  }
}

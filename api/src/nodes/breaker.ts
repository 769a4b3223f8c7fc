import { explain, isCause, nodeGate, type Windows } from '@viaduct/domain';
import { signalNodeJobs, transaction, type Database } from '@viaduct/prisma';
import { gatesChangedMessage } from '../jobs/messages.ts';
import { resume } from './changeNode.ts';
import { addressOf, TOLERATED_FAILURES } from './nodeHealth.ts';

/** Suspended by us, and no vain contact since the last answer. */
const ANSWERING = 'suspended_cause IS NOT NULL AND failures = 0';

const FAILING = `
  SELECT id FROM node WHERE kind = 'server' AND NOT suspended AND failures >= $1 AND last_cause IS NOT NULL ORDER BY id`;

/** Suspends the servers that could not be reached several times in a row, and tells the jobs that work with them. */
export async function suspendFailing({ client, pool }: Database): Promise<number> {
  const { rows } = await pool.query<{ id: string }>(FAILING, [TOLERATED_FAILURES]);
  for (const { id } of rows) {
    const node = await client.node.findUnique({ where: { id } });
    if (!node || !isCause(node.lastCause)) continue;
    const { happened } = explain(node.lastCause, addressOf(node), node.name);
    const reason = `${happened} It is asked again and again, and resumed as soon as it answers.`;
    await transaction(pool, async (transacted) => {
      await transacted.query(
        `UPDATE node SET suspended = true, suspended_cause = last_cause, suspended_reason = $2, suspended_by = NULL,
           suspended_at = now(), updated_at = now() WHERE id = $1 AND NOT suspended`,
        [id, reason],
      );
      await signalNodeJobs(transacted, id, gatesChangedMessage);
    });
  }
  return rows.length;
}

/**
 * Asks the servers that were suspended so, inside their hours, and resumes those that answer. Returns how many.
 * @param test asks a node and keeps what came of it with the node
 */
export async function resumeAnswering(
  database: Database,
  test: (node: { readonly id: string }, signal: AbortSignal) => Promise<unknown>,
  signal: AbortSignal,
): Promise<number> {
  const suspended = await database.client.node.findMany({
    where: { suspended: true, suspendedCause: { not: null } },
    select: { id: true, windows: true },
    orderBy: { id: 'asc' },
  });
  let resumed = 0;
  for (const { id, windows } of suspended) {
    const gate = nodeGate({ id, windows: windows as Windows | null, suspended: false }, Date.now());
    if (signal.aborted || !gate.open) continue;
    await test({ id }, signal);
    if (await resume(database, id, ANSWERING)) resumed += 1;
  }
  return resumed;
}

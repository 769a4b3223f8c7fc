import { refuseRequest, transaction, type Database } from '@viaduct/prisma';
import type { JobInput } from '@viaduct/workflows/contract';
import type { Logger } from 'pino';
import { engineError, type Engine } from '../temporal/engine.ts';

/** Rows that one round delivers side by side, each of another workflow. */
const BATCH = 10;
const FIRST_DELAY_MS = 500;
const MAX_DELAY_MS = 10_000;

interface OutboxRow {
  readonly id: string;
  readonly kind: 'start' | 'signal' | 'cancel' | 'terminate';
  readonly workflowId: string;
  readonly signalName: string | null;
  readonly payload: Record<string, unknown>;
  readonly attempts: number;
}

/**
 * The next row of each workflow: a start before everything else, then in the order of their making. A row waits for
 * those before it, even while their next attempt lies in the future or another process has them.
 */
const CLAIM = `
  SELECT o.id::text, o.kind, o.workflow_id AS "workflowId", o.signal_name AS "signalName", o.payload, o.attempts
  FROM outbox AS o
  WHERE o.done_at IS NULL AND o.next_attempt_at <= now() AND NOT EXISTS (
    SELECT FROM outbox AS earlier WHERE earlier.workflow_id = o.workflow_id AND earlier.done_at IS NULL
      AND (earlier.kind <> 'start', earlier.id) < (o.kind <> 'start', o.id))
  ORDER BY o.priority, o.id FOR UPDATE OF o SKIP LOCKED LIMIT ${BATCH}`;

/**
 * Delivers what is due to the engine, once. Says how many rows are done and how many failed; as long as some are
 * done, more may follow. A row that cannot be delivered now gets a later time, growing with its attempts.
 */
export async function deliverDue(
  pool: Database['pool'],
  engine: Engine,
  log: Logger,
): Promise<{ done: number; failed: number }> {
  return transaction(pool, async (client) => {
    const { rows } = await client.query<OutboxRow>(CLAIM);
    const attempts = await Promise.all(rows.map(async (row) => ({ row, outcome: await attempt(engine, row) })));
    let failed = 0;
    for (const { row, outcome } of attempts) {
      const over = outcome === 'gone' && (await hasEnded(client, row));
      if (over) await refuse(client, row);
      if (over || outcome === 'delivered')
        await client.query('UPDATE outbox SET done_at = now() WHERE id = $1', [row.id]);
      else {
        failed++;
        await postpone(client, row, outcome === 'gone' ? 'workflow lost' : outcome.error, log);
      }
    }
    return { done: rows.length - failed, failed };
  });
}

async function postpone(client: Queryable, row: OutboxRow, error: string, log: Logger): Promise<void> {
  const { id: outbox, kind, workflowId } = row;
  log.warn({ outbox, kind, workflowId, attempts: row.attempts + 1, error }, 'not delivered');
  await client.query(
    `UPDATE outbox SET attempts = attempts + 1, last_error = $2, next_attempt_at = now() + $3 * interval '1 ms'
     WHERE id = $1`,
    [row.id, error, Math.min(FIRST_DELAY_MS * 2 ** row.attempts, MAX_DELAY_MS)],
  );
}

async function attempt(engine: Engine, row: OutboxRow): Promise<'delivered' | 'gone' | { error: string }> {
  try {
    return await deliver(engine, row);
  } catch (error) {
    return { error: engineError(error) };
  }
}

async function deliver(engine: Engine, row: OutboxRow): Promise<'delivered' | 'gone'> {
  switch (row.kind) {
    case 'start':
      await engine.start(row.payload as unknown as JobInput);
      return 'delivered';
    case 'signal':
      return (await engine.signal(row.workflowId, row.signalName ?? '', row.payload)) ? 'delivered' : 'gone';
    case 'cancel':
      return (await engine.cancel(row.workflowId)) ? 'delivered' : 'gone';
    case 'terminate':
      return (await engine.terminate(row.workflowId)) ? 'delivered' : 'gone';
  }
}

type Queryable = Pick<Database['pool'], 'query'>;

/** A workflow that is gone although its run has not ended is lost: the reconciler starts it again, the row waits. */
async function hasEnded(client: Queryable, row: OutboxRow): Promise<boolean> {
  const { rowCount } = await client.query(
    `SELECT FROM job_run WHERE 'job/' || job_id || '/run/' || run_no = $1 AND state <> 'ended'
       AND job_id = split_part($1, '/', 2)::uuid`,
    [row.workflowId],
  );
  return rowCount === 0;
}

async function refuse(client: Queryable, { payload }: OutboxRow): Promise<void> {
  const { requestId } = payload;
  if (typeof requestId === 'string') await refuseRequest(client, { requestId, reason: 'job-ended' });
}

import type { Queryable } from './database.ts';
import { rowsParameter } from './transaction.ts';

/** A message to Temporal that is delivered after the transaction; ids and counters only. */
export interface OutboxMessage {
  /** `terminate` ends a workflow at once, without its own clean-up. */
  readonly kind: 'start' | 'signal' | 'cancel' | 'terminate';
  readonly workflowId: string;
  readonly signalName?: string;
  readonly payload: unknown;
  /** Temporal's priority key: 1 urgent, 3 normal, 5 backfill. */
  readonly priority: number;
}

/** Puts a message into the outbox; the dispatcher is told when the transaction commits. */
export function enqueue(client: Queryable, message: OutboxMessage): Promise<void> {
  return enqueueAll(client, [message]);
}

/** Puts messages into the outbox, in their order. */
export async function enqueueAll(client: Queryable, messages: readonly OutboxMessage[]): Promise<void> {
  if (messages.length === 0) return;
  await client.query(
    `INSERT INTO outbox (kind, workflow_id, signal_name, payload, priority)
     SELECT kind, "workflowId", "signalName", payload, priority
     FROM ROWS FROM (json_to_recordset($1::json) AS (kind text, "workflowId" text, "signalName" text, payload jsonb,
       priority integer)) WITH ORDINALITY AS r(kind, "workflowId", "signalName", payload, priority, position)
     ORDER BY position`,
    [rowsParameter(messages)],
  );
}

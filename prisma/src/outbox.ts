import type { Queryable } from './database.ts';

/** A message to Temporal that is delivered after the transaction; ids and counters only. */
export interface OutboxMessage {
  readonly kind: 'start' | 'signal' | 'cancel';
  readonly workflowId: string;
  readonly signalName?: string;
  readonly payload: unknown;
  /** Temporal's priority key: 1 urgent, 3 normal, 5 backfill. */
  readonly priority: number;
}

/** Puts a message into the outbox; the dispatcher is told when the transaction commits. */
export async function enqueue(client: Queryable, message: OutboxMessage): Promise<void> {
  await client.query(
    'INSERT INTO outbox (kind, workflow_id, signal_name, payload, priority) VALUES ($1, $2, $3, $4::jsonb, $5)',
    [message.kind, message.workflowId, message.signalName ?? null, JSON.stringify(message.payload), message.priority],
  );
}

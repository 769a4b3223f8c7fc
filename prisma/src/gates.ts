import { ALWAYS } from '@viaduct/domain';
import type { Gates, NodeGate, Schedule, WaitReason } from '@viaduct/domain';
import type { Queryable } from './database.ts';
import { enqueueAll } from './outbox.ts';
import type { OutboxMessage } from './outbox.ts';
import type { RunRef } from './refs.ts';
import { OPEN } from './taskStates.ts';

/**
 * When the work of a job may go on: its schedule, and the hours of the nodes that its open tasks involve. What is asked
 * again after a retry also knows the nodes of the tasks that begin again.
 */
export async function readGates(pool: Queryable, { jobId }: RunRef): Promise<Gates> {
  const { rows } = await pool.query<{ schedule: Schedule | null; urgent: boolean; nodes: NodeGate[] }>(
    `WITH open AS MATERIALIZED (
       SELECT DISTINCT source_id, destination_id FROM task WHERE job_id = $1 AND state IN ${OPEN})
     SELECT j.schedule, j.urgent, coalesce((
       SELECT json_agg(json_build_object('id', n.id, 'windows', n.windows, 'suspended', n.suspended) ORDER BY n.id)
       FROM node AS n WHERE n.id IN (SELECT source_id FROM open UNION SELECT destination_id FROM open)), '[]') AS nodes
     FROM job AS j WHERE j.id = $1`,
    [jobId],
  );
  const [job] = rows;
  return { schedule: job?.schedule ?? ALWAYS, urgent: job?.urgent ?? false, nodes: job?.nodes ?? [] };
}

/** Shows why the whole job waits for a time to come; null: it does not. A run that has ended waits for nothing. */
export async function recordWait(
  pool: Queryable,
  { jobId, runNo, wait }: RunRef & { readonly wait: WaitReason | null },
): Promise<void> {
  await pool.query(
    `UPDATE job SET wait = $3::jsonb WHERE id = $1 AND run_no = $2 AND wait IS DISTINCT FROM $3::jsonb
       AND EXISTS (SELECT FROM job_run AS r WHERE r.job_id = $1 AND r.run_no = $2 AND r.state = 'running')`,
    [jobId, runNo, wait === null ? null : JSON.stringify(wait)],
  );
}

/**
 * Tells every job with open tasks of a node whose run has not ended that the node's hours have changed, or whether it is
 * suspended: one message each into the outbox. A run that begins at this moment may have read the gates before, so it is
 * told as well. To be called in the transaction that changes the node.
 * @param messageOf makes the message, since names of workflows are not known here
 * @returns how many jobs are told
 */
export async function signalNodeJobs(
  client: Queryable,
  nodeId: string,
  messageOf: (run: RunRef) => OutboxMessage,
): Promise<number> {
  const { rows } = await client.query<RunRef>(
    `SELECT j.id AS "jobId", j.run_no AS "runNo"
     FROM job AS j JOIN job_run AS r ON r.job_id = j.id AND r.run_no = j.run_no
     WHERE r.state <> 'ended' AND $1 = ANY (j.source_ids || j.destination_ids)
       AND j.tasks_pending + j.tasks_running + j.tasks_paused > 0
     ORDER BY j.number`,
    [nodeId],
  );
  await enqueueAll(client, rows.map(messageOf));
  return rows.length;
}

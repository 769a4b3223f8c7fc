import type pg from 'pg';
import type { Queryable } from './database.ts';

/** A host that has not been seen for this long holds nothing that could be relied on. */
export const HOST_ALIVE_WITHIN_MS = 30_000;

/** Why an association was refused: who calls is not known or not from an allowed address, another was called, too many are open. */
export const CALL_REFUSALS = ['caller-unknown', 'address', 'called-ae-title', 'too-many', 'protocol'] as const;
export type CallRefusal = (typeof CALL_REFUSALS)[number];

/** Who has called the receiver of a host since a moment (ISO 8601), the one that was heard last at the end. */
export interface ReceiverCalls {
  readonly since: string;
  readonly callers: readonly {
    readonly aeTitle: string;
    readonly address: string;
    /** Associations that stood, and those that stand now. */
    readonly associations: number;
    readonly open: number;
    /** Instances that it sent, and bytes of their data sets. */
    readonly instances: number;
    readonly bytes: number;
    /** Instances that nobody had asked for. */
    readonly refusedInstances: number;
    /** How often an association of it was refused. */
    readonly refusals: Readonly<Partial<Record<CallRefusal, number>>>;
    readonly lastAt: string;
  }[];
}

/** What a worker tells about itself, at its start and every few seconds. */
export interface HostNews {
  readonly id: string;
  readonly receiverAeTitle: string;
  readonly receiverHost: string;
  readonly receiverPort: number;
  readonly receiverUp: boolean;
  readonly spoolFreeBytes: number;
  readonly receiverCalls?: ReceiverCalls;
}

/** Records that a host is alive. */
export async function hostSeen(pool: Queryable, host: HostNews): Promise<void> {
  await pool.query(
    `INSERT INTO worker_host (id, receiver_ae_title, receiver_host, receiver_port, receiver_up, spool_free_bytes,
       receiver_calls)
     VALUES ($1, $2, $3, $4, $5, $6, $7)
     ON CONFLICT (id) DO UPDATE SET receiver_ae_title = $2, receiver_host = $3, receiver_port = $4,
       receiver_up = $5, spool_free_bytes = $6, receiver_calls = $7, last_seen_at = now()`,
    [
      host.id,
      host.receiverAeTitle,
      host.receiverHost,
      host.receiverPort,
      host.receiverUp,
      host.spoolFreeBytes,
      host.receiverCalls === undefined ? null : JSON.stringify(host.receiverCalls),
    ],
  );
}

/**
 * The bytes of a host's spool are lost: what was only there is expected again and its parts end.
 * Returns how many instances that were.
 */
export async function forgetHost(pool: pg.Pool, hostId: string): Promise<number> {
  const { rows } = await pool.query<{ taskId: string }>(
    'SELECT DISTINCT task_id AS "taskId" FROM part WHERE host_id = $1 AND ended_at IS NULL',
    [hostId],
  );
  let forgotten = 0;
  for (const { taskId } of rows) forgotten += await forgetParts(pool, taskId, { hostId });
  return forgotten;
}

/**
 * The spooled bytes of a task are gone (all, or those of one host or part): rows that depended on them are expected
 * again and the parts end. Returns how many instances that were.
 */
export async function forgetParts(
  pool: Queryable,
  taskId: string,
  { hostId = null, partNo = null }: { readonly hostId?: string | null; readonly partNo?: number | null } = {},
): Promise<number> {
  const { rows } = await pool.query<{ forgotten: number }>(
    `WITH chosen AS (
       UPDATE part SET ended_at = now(), closed_at = coalesce(closed_at, now())
       WHERE task_id = $1 AND ended_at IS NULL AND ($2::text IS NULL OR host_id = $2)
         AND ($3::integer IS NULL OR part_no = $3)
       RETURNING part_no
     ), locked AS (
       SELECT i.sop_instance_uid FROM instance AS i
       WHERE i.task_id = $1 AND i.part_no IN (SELECT part_no FROM chosen)
         AND i.state IN ('expected', 'retrieved', 'pseudonymized')
       ORDER BY i.sop_instance_uid FOR UPDATE
     ), reset AS (
       UPDATE instance AS i SET state = 'expected', part_no = NULL, host_id = NULL
       FROM locked WHERE i.task_id = $1 AND i.sop_instance_uid = locked.sop_instance_uid
         AND i.state IN ('expected', 'retrieved', 'pseudonymized')
       RETURNING 1
     )
     SELECT count(*)::int AS forgotten FROM reset`,
    [taskId, hostId, partNo],
  );
  return rows[0]?.forgotten ?? 0;
}

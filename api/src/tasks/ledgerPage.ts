import type { InstanceState } from '@viaduct/domain';
import type { Database } from '@viaduct/prisma';
import { z } from 'zod';
import { decodeCursor, encodeCursor } from '../http/cursor.ts';
import type { InstanceView } from '../schemas/tasks.ts';
import { failureOf, type NamedEnds } from './taskView.ts';

/** Where a row stands in the list: what is amiss first, then by series and instance number. */
const position = z.tuple([z.int(), z.string(), z.string(), z.string()]);

type Moment = Date | null;
interface Row extends Omit<InstanceView, 'failure' | 'retrievedAt' | 'storedAt' | 'verifiedAt'> {
  readonly cause: string | null;
  readonly causeFacts: unknown;
  readonly retrievedAt: Moment;
  readonly storedAt: Moment;
  readonly verifiedAt: Moment;
  readonly position: z.infer<typeof position>;
}

const RANK = `CASE state WHEN 'missing' THEN 0 WHEN 'failed' THEN 1 WHEN 'quarantined' THEN 2 WHEN 'held' THEN 3
  WHEN 'coerced' THEN 4 WHEN 'expected' THEN 5 ELSE 6 END`;
const POSITION = `(${RANK}, lpad(trim(series_number), 12, '0'), lpad(trim(instance_number), 12, '0'), sop_instance_uid)`;

const PAGE = `
  SELECT sop_instance_uid AS "sopInstanceUid", series_instance_uid AS "seriesInstanceUid",
    sop_class_uid AS "sopClassUid", transfer_syntax_uid AS "transferSyntaxUid", modality,
    series_number AS "seriesNumber", series_description AS "seriesDescription", instance_number AS "instanceNumber",
    state, part_no AS "partNo", host_id AS "hostId", bytes, sha256, out_sop_instance_uid AS "outSopInstanceUid",
    out_bytes AS "outBytes", out_sha256 AS "outSha256", store_status AS "storeStatus", out_path AS "outPath",
    cause, cause_facts AS "causeFacts", retrieved_at AS "retrievedAt", stored_at AS "storedAt",
    verified_at AS "verifiedAt",
    json_build_array(${RANK}, lpad(trim(series_number), 12, '0'), lpad(trim(instance_number), 12, '0'),
      sop_instance_uid) AS position
  FROM instance
  WHERE task_id = $1 AND ($2::text[] IS NULL OR state = ANY ($2))
    AND ($3::integer IS NULL OR ${POSITION} > ($3, $4, $5, $6))
  ORDER BY ${POSITION} LIMIT $7`;

/** A page of the ledger of a task. */
export async function readLedger(
  pool: Database['pool'],
  task: NamedEnds & { readonly id: string },
  query: { readonly state?: readonly InstanceState[]; readonly limit: number; readonly cursor?: string },
): Promise<{ items: InstanceView[]; nextCursor: string | null }> {
  const after = query.cursor === undefined ? [null, null, null, null] : decodeCursor(position, query.cursor);
  const { rows } = await pool.query<Row>(PAGE, [task.id, query.state ?? null, ...after, query.limit + 1]);
  const page = rows.slice(0, query.limit);
  const last = rows.length > query.limit ? page.at(-1) : undefined;
  return { items: page.map((row) => view(row, task)), nextCursor: last ? encodeCursor(last.position) : null };
}

function view({ cause, causeFacts, position: _, ...row }: Row, ends: NamedEnds): InstanceView {
  const failure = failureOf(cause, causeFacts, ends);
  return {
    ...row,
    ...(failure && { failure }),
    retrievedAt: row.retrievedAt?.toISOString() ?? null,
    storedAt: row.storedAt?.toISOString() ?? null,
    verifiedAt: row.verifiedAt?.toISOString() ?? null,
  };
}

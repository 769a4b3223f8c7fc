import { INSTANCE_TRANSITIONS, mayFollow } from '@viaduct/domain';
import type { Cause, InstanceState } from '@viaduct/domain';
import type pg from 'pg';
import type { Queryable } from './database.ts';
import { rowsParameter, transaction } from './transaction.ts';
import type { Facts } from './refs.ts';

/** An instance as the source names it, or as it arrives from a source that only counts. */
export interface ExpectedInstance {
  readonly sopInstanceUid: string;
  readonly seriesInstanceUid: string;
  readonly sopClassUid?: string;
  readonly modality?: string;
  readonly seriesNumber?: string;
  readonly seriesDescription?: string;
  readonly instanceNumber?: string;
  /** A rule keeps it out of the transfer. */
  readonly excluded?: boolean;
}

const BATCH = 5_000;

/**
 * Writes the expected instances of a task; those known already stay as they are. `announced` is how many instances the
 * source counts in all: what it did not name is kept as the task's shortfall. Returns how many instances are expected.
 */
export async function expectInstances(
  pool: pg.Pool,
  taskId: string,
  instances: readonly ExpectedInstance[],
  announced = 0,
): Promise<number> {
  return transaction(pool, async (client) => {
    for (let from = 0; from < instances.length; from += BATCH) {
      await insertExpected(client, taskId, instances.slice(from, from + BATCH), null);
    }
    const { rows } = await client.query<{ expected: number }>(
      `UPDATE task SET shortfall = greatest(0, $2 - (SELECT count(*) FROM instance WHERE task_id = task.id))
       WHERE id = $1 RETURNING instances_expected + shortfall AS expected`,
      [taskId, announced],
    );
    return rows[0]?.expected ?? 0;
  });
}

/**
 * Enters instances that arrive from a source which only counts: each takes one off the shortfall of its task.
 * To be followed by `advance`.
 */
export async function expectArrived(
  pool: pg.Pool,
  taskId: string,
  partNo: number,
  instances: readonly ExpectedInstance[],
): Promise<void> {
  await transaction(pool, async (client) => {
    const added = await insertExpected(client, taskId, instances, partNo);
    if (added === 0) return;
    await client.query('UPDATE task SET shortfall = greatest(0, shortfall - $2) WHERE id = $1', [taskId, added]);
  });
}

async function insertExpected(
  client: Queryable,
  taskId: string,
  instances: readonly ExpectedInstance[],
  partNo: number | null,
): Promise<number> {
  const { rowCount } = await client.query(
    `INSERT INTO instance (task_id, sop_instance_uid, series_instance_uid, sop_class_uid, modality, series_number,
       series_description, instance_number, state, part_no)
     SELECT $1, "sopInstanceUid", "seriesInstanceUid", coalesce("sopClassUid", ''), coalesce(modality, ''),
       coalesce("seriesNumber", ''), coalesce("seriesDescription", ''), coalesce("instanceNumber", ''),
       CASE WHEN excluded THEN 'excluded' ELSE 'expected' END, $3
     FROM json_to_recordset($2::json) AS r("sopInstanceUid" text, "seriesInstanceUid" text, "sopClassUid" text,
       modality text, "seriesNumber" text, "seriesDescription" text, "instanceNumber" text, excluded boolean)
     ORDER BY "sopInstanceUid"
     ON CONFLICT (task_id, sop_instance_uid) DO NOTHING`,
    [taskId, rowsParameter(instances), partNo],
  );
  return rowCount ?? 0;
}

/** A step of one instance. What is left out stays as it is in the row; sizes are bytes of the data set. */
export interface LedgerStep {
  readonly sopInstanceUid: string;
  readonly to: InstanceState;
  /** States it has passed on the way, in their order. */
  readonly via?: readonly InstanceState[];
  readonly hostId?: string;
  readonly sopClassUid?: string;
  readonly transferSyntaxUid?: string;
  readonly bytes?: number;
  readonly sha256?: string;
  readonly outSopInstanceUid?: string;
  readonly outBytes?: number;
  readonly outSha256?: string;
  readonly storeStatus?: number;
  readonly outPath?: string;
  readonly cause?: Cause;
  readonly causeFacts?: Facts;
}

/** What became of steps: how many rows moved, and where those stand that the ledger did not let move. */
export interface AdvanceResult {
  readonly moved: number;
  readonly refused: readonly { readonly sopInstanceUid: string; readonly state: InstanceState }[];
}

/** Two steps of an instance that follow each other as one; undefined when the second does not follow, or goes back. */
export function joinSteps<Step extends Omit<LedgerStep, 'sopInstanceUid'>>(
  first: Step,
  second: Step,
): Step | undefined {
  if (second.to === 'expected' || !mayFollow(first.to, second.to)) return undefined;
  return { ...first, ...second, via: [...(first.via ?? []), first.to] };
}

const STEPS = Object.entries(INSTANCE_TRANSITIONS).flatMap(([from, next]) => next.map((to) => `${from}>${to}`));

/**
 * Moves instances of a task to new states, in one statement; steps that the table of transitions does not allow, to their
 * state or to one on the way to it, are left alone and reported, so that a step that runs twice does no harm. With `partNo`,
 * only rows that still belong to that part move: the fence against an activity whose part was planned anew.
 */
export async function advance(
  pool: Queryable,
  taskId: string,
  steps: readonly LedgerStep[],
  { partNo = null }: { readonly partNo?: number | null } = {},
): Promise<AdvanceResult> {
  if (steps.length === 0) return { moved: 0, refused: [] };
  const { rows } = await pool.query<{ sopInstanceUid: string; state: InstanceState; moved: boolean }>(ADVANCE, [
    taskId,
    rowsParameter(steps),
    STEPS,
    partNo,
  ]);
  const refused = rows.filter((row) => !row.moved);
  return {
    moved: rows.length - refused.length,
    refused: refused.map(({ sopInstanceUid, state }) => ({ sopInstanceUid, state })),
  };
}

const ADVANCE = `
  WITH step AS (
    SELECT * FROM json_to_recordset($2::json) AS r("sopInstanceUid" text, "to" text, via text[], "hostId" text,
      "sopClassUid" text, "transferSyntaxUid" text, bytes bigint, sha256 text, "outSopInstanceUid" text,
      "outBytes" bigint, "outSha256" text, "storeStatus" integer, "outPath" text, cause text, "causeFacts" jsonb)
  ), locked AS (
    SELECT i.sop_instance_uid, i.state FROM instance AS i
    WHERE i.task_id = $1 AND i.sop_instance_uid IN (SELECT "sopInstanceUid" FROM step)
    ORDER BY i.sop_instance_uid FOR UPDATE
  ), moved AS (
    UPDATE instance AS i SET
      state = step."to",
      host_id = CASE WHEN step."to" = 'expected' THEN NULL ELSE coalesce(step."hostId", i.host_id) END,
      part_no = CASE WHEN step."to" = 'expected' THEN NULL ELSE i.part_no END,
      sop_class_uid = coalesce(step."sopClassUid", i.sop_class_uid),
      transfer_syntax_uid = coalesce(step."transferSyntaxUid", i.transfer_syntax_uid),
      bytes = coalesce(step.bytes, i.bytes),
      sha256 = coalesce(step.sha256, i.sha256),
      out_sop_instance_uid = coalesce(step."outSopInstanceUid", i.out_sop_instance_uid),
      out_bytes = coalesce(step."outBytes", i.out_bytes),
      out_sha256 = coalesce(step."outSha256", i.out_sha256),
      store_status = CASE WHEN step."to" IN ('stored', 'coerced') THEN step."storeStatus" ELSE i.store_status END,
      out_path = coalesce(step."outPath", i.out_path),
      cause = step.cause,
      cause_facts = step."causeFacts",
      retrieved_at = CASE WHEN 'retrieved' = ANY (step.via || step."to") THEN now() ELSE i.retrieved_at END,
      stored_at = CASE WHEN step."to" IN ('stored', 'coerced') THEN now() ELSE i.stored_at END,
      verified_at = CASE WHEN step."to" = 'verified' THEN now() ELSE i.verified_at END
    FROM step, locked
    WHERE i.task_id = $1 AND i.sop_instance_uid = step."sopInstanceUid"
      AND locked.sop_instance_uid = i.sop_instance_uid
      AND EXISTS (SELECT FROM unnest(step.via || step."to") AS next WHERE i.state || '>' || next = ANY ($3::text[]))
      AND ($4::integer IS NULL OR i.part_no = $4)
    RETURNING i.sop_instance_uid
  )
  SELECT locked.sop_instance_uid AS "sopInstanceUid", locked.state, moved.sop_instance_uid IS NOT NULL AS moved
  FROM locked LEFT JOIN moved USING (sop_instance_uid)`;

/** A row of the ledger. */
export interface LedgerRow {
  readonly sopInstanceUid: string;
  readonly seriesInstanceUid: string;
  readonly sopClassUid: string;
  readonly transferSyntaxUid: string;
  readonly modality: string;
  readonly seriesNumber: string;
  readonly seriesDescription: string;
  readonly instanceNumber: string;
  readonly state: InstanceState;
  readonly partNo: number | null;
  readonly hostId: string | null;
  readonly bytes: number | null;
  readonly sha256: string | null;
  readonly outSopInstanceUid: string | null;
  readonly outBytes: number | null;
  readonly outSha256: string | null;
  readonly storeStatus: number | null;
  readonly outPath: string | null;
  readonly cause: Cause | null;
  readonly causeFacts: Facts | null;
}

/** Which rows of a task; a page starts behind `after` (a SOP Instance UID) and has at most `limit` rows. */
export interface LedgerFilter {
  readonly taskId: string;
  readonly partNo?: number;
  readonly states?: readonly InstanceState[];
  readonly after?: string;
  readonly limit?: number;
}

/** Rows of the ledger in the order of their SOP Instance UIDs. */
export async function instancesOf(pool: Queryable, filter: LedgerFilter): Promise<LedgerRow[]> {
  const { rows } = await pool.query<LedgerRow>(
    `SELECT sop_instance_uid AS "sopInstanceUid", series_instance_uid AS "seriesInstanceUid",
       sop_class_uid AS "sopClassUid", transfer_syntax_uid AS "transferSyntaxUid", modality,
       series_number AS "seriesNumber", series_description AS "seriesDescription",
       instance_number AS "instanceNumber", state, part_no AS "partNo", host_id AS "hostId", bytes, sha256,
       out_sop_instance_uid AS "outSopInstanceUid", out_bytes AS "outBytes", out_sha256 AS "outSha256",
       store_status AS "storeStatus", out_path AS "outPath", cause, cause_facts AS "causeFacts"
     FROM instance
     WHERE task_id = $1 AND ($2::integer IS NULL OR part_no = $2) AND ($3::text[] IS NULL OR state = ANY ($3))
       AND ($4::text IS NULL OR sop_instance_uid > $4)
     ORDER BY sop_instance_uid LIMIT $5`,
    [filter.taskId, filter.partNo ?? null, filter.states ?? null, filter.after ?? null, filter.limit ?? null],
  );
  return rows;
}

import { INSTANCE_STATES, isCause, outcomeOf, retryClassOf } from '@viaduct/domain';
import type { Cause, InstanceCounts, InstanceState } from '@viaduct/domain';
import type pg from 'pg';
import type { Queryable } from './database.ts';
import { waitForReview } from './held.ts';
import type { Facts, TaskRef } from './refs.ts';
import { settleTaskRequests } from './settleRequests.ts';
import type { SettledTask } from './settleRequests.ts';
import { ENDED } from './taskStates.ts';
import { taskLock, transaction } from './transaction.ts';
import { WITHHELD_OF_TASK } from './withheld.ts';

/** What the destination was found to hold, and what the manifest says beside the instances. */
export interface Verification extends TaskRef {
  /** SOP Instance UIDs (of the source) of the acknowledged instances that the destination holds. */
  readonly present: readonly string[];
  /** Acknowledged instances that it does not hold. */
  readonly absent: readonly string[];
  /** No further round follows: the task ends now. */
  readonly lastRound: boolean;
  /** Why a part could not be finished, for the task's cause when there is a gap. */
  readonly failed?: { readonly cause: Cause; readonly facts?: Facts };
  /** Head of the manifest: source, destination, profile, software version, operator. */
  readonly manifest: Readonly<Record<string, unknown>>;
}

/** `done`: the task has its final state, or waits for people. `missing` counts the instances that are still to be brought. */
export interface VerificationResult {
  readonly done: boolean;
  readonly missing: number;
}

/**
 * Brings what the destination holds into the ledger. While a round follows, gaps are expected again, except those for
 * which trying again makes no sense; otherwise, or when nothing is left to try, the task gets its final state, its
 * cause and its manifest; one that holds images waits until somebody has looked at them. A task of another run or one that has ended is left alone.
 */
export async function settleVerification(pool: pg.Pool, verification: Verification): Promise<VerificationResult> {
  return transaction(
    pool,
    async (client) => {
      const taskId = await openTask(client, verification);
      if (taskId === null) return { done: true, missing: 0 };
      await mark(client, taskId, verification.present, 'verified', null);
      const { lastRound } = verification;
      await mark(client, taskId, verification.absent, lastRound ? 'missing' : 'expected', 'not-at-destination');
      if (!lastRound) {
        const gaps = await reopenGaps(client, taskId);
        if (gaps > 0) return { done: false, missing: gaps };
      }
      const held = await waitForReview(client, taskId);
      await settleTaskRequests(client, verification.jobId, held);
      if (held.length > 0) return { done: true, missing: 0 };
      await closeGaps(client, taskId);
      return { done: true, missing: await end(client, taskId, verification) };
    },
    { lock: taskLock(verification.jobId, verification.taskNo) },
  );
}

async function openTask(client: Queryable, task: TaskRef): Promise<string | null> {
  const { rows } = await client.query<{ id: string }>(
    `SELECT id FROM task WHERE job_id = $1 AND run_no = $2 AND task_no = $3
       AND state NOT IN ${ENDED}`,
    [task.jobId, task.runNo, task.taskNo],
  );
  return rows[0]?.id ?? null;
}

async function mark(
  client: Queryable,
  taskId: string,
  uids: readonly string[],
  to: InstanceState,
  cause: Cause | null,
): Promise<void> {
  if (uids.length === 0) return;
  await client.query(
    `UPDATE instance SET state = $3, cause = CASE WHEN $3 = 'verified' THEN cause ELSE $4 END,
       part_no = CASE WHEN $3 = 'expected' THEN NULL ELSE part_no END,
       host_id = CASE WHEN $3 = 'expected' THEN NULL ELSE host_id END,
       verified_at = CASE WHEN $3 = 'verified' THEN now() END
     WHERE task_id = $1 AND sop_instance_uid = ANY ($2) AND state IN ('stored', 'coerced')`,
    [taskId, uids, to, cause],
  );
}

/** Gaps worth another round go back to expected; counts them, and what the source has not named yet. */
async function reopenGaps(client: Queryable, taskId: string): Promise<number> {
  const { rows: causes } = await client.query<{ cause: string }>(
    `SELECT DISTINCT cause FROM instance WHERE task_id = $1 AND state IN ('missing', 'failed', 'quarantined')
       AND cause IS NOT NULL`,
    [taskId],
  );
  const hopeless = causes.map((row) => row.cause).filter((cause) => isCause(cause) && retryClassOf(cause) === 'never');
  await client.query(
    `UPDATE instance SET state = 'expected', part_no = NULL, host_id = NULL
     WHERE task_id = $1 AND state IN ('missing', 'failed', 'quarantined')
       AND (cause IS NULL OR NOT cause = ANY ($2))`,
    [taskId, hopeless],
  );
  const { rows } = await client.query<{ gaps: number }>(
    `SELECT (shortfall + (SELECT count(*) FROM instance WHERE task_id = $1
       AND state IN ('expected', 'retrieved', 'pseudonymized')))::int AS gaps FROM task WHERE id = $1`,
    [taskId],
  );
  return rows[0]?.gaps ?? 0;
}

/** What nobody brings any more is missing. */
async function closeGaps(client: Queryable, taskId: string): Promise<void> {
  await client.query(
    `UPDATE instance SET state = 'missing', cause = coalesce(cause, 'instance-withheld')
     WHERE task_id = $1 AND state = 'expected'`,
    [taskId],
  );
  await client.query(
    `UPDATE instance SET state = 'failed', cause = coalesce(cause, 'internal')
     WHERE task_id = $1 AND state IN ('retrieved', 'pseudonymized')`,
    [taskId],
  );
}

interface Tally {
  readonly state: InstanceState;
  readonly cause: Cause | null;
  readonly count: number;
  readonly remarks: number;
  /** The node it is about, where it is not the source. */
  readonly nodeId: string | null;
}

/** Writes the end of the task; returns how many instances it lacks. */
async function end(client: Queryable, taskId: string, verification: Verification): Promise<number> {
  const { jobId, manifest, failed } = verification;
  const { rows } = await client.query<Tally>(
    `SELECT state, cause, count(*)::int AS count, count(store_status)::int AS remarks,
       min(cause_facts ->> 'nodeId') AS "nodeId"
     FROM instance WHERE task_id = $1 GROUP BY state, cause ORDER BY count(*) DESC, cause`,
    [taskId],
  );
  const { rows: tasks } = await client.query<{ shortfall: number }>('SELECT shortfall FROM task WHERE id = $1', [
    taskId,
  ]);
  const shortfall = tasks[0]?.shortfall ?? 0;
  const count = (state: InstanceState) => rows.reduce((sum, row) => (row.state === state ? sum + row.count : sum), 0);
  const counts = Object.fromEntries(INSTANCE_STATES.map((state) => [state, count(state)])) as InstanceCounts;
  const coerced = rows.reduce((sum, row) => (row.state === 'verified' ? sum + row.remarks : sum), 0);
  const leftOut = rows.reduce((sum, row) => (row.state === 'excluded' && row.cause ? sum + row.count : sum), 0);
  const outcome = outcomeOf(counts, coerced + leftOut, shortfall);
  const gaps = rows.filter((row) => row.state !== 'verified' && row.state !== 'excluded');
  const missing = shortfall + gaps.reduce((sum, row) => sum + row.count, 0);
  const why = causeOf(outcome, { gaps, coerced, leftOut: leftOut || counts.excluded, missing, failed });
  const { rows: ended } = await client.query<SettledTask>(END, [
    taskId,
    outcome,
    why?.cause ?? null,
    why ? JSON.stringify(why.facts) : null,
    JSON.stringify({ ...manifest, outcome, missing }),
  ]);
  await settleTaskRequests(client, jobId, ended);
  return missing;
}

function causeOf(
  outcome: 'success' | 'warning' | 'failure',
  found: { gaps: readonly Tally[]; coerced: number; leftOut: number; missing: number; failed: Verification['failed'] },
): { cause: Cause; facts: Facts } | null {
  if (outcome === 'success') return null;
  if (outcome === 'warning' && found.coerced > 0) {
    return { cause: 'attribute-coerced', facts: { instances: found.coerced } };
  }
  if (outcome === 'warning') return { cause: 'left-out', facts: { instances: found.leftOut } };
  if (found.failed) return { cause: found.failed.cause, facts: { ...found.failed.facts, missing: found.missing } };
  const { cause, nodeId } = found.gaps.find((row) => row.cause !== null) ?? {};
  const facts = { ...(nodeId && { nodeId }), missing: found.missing };
  return { cause: cause ?? 'instance-withheld', facts };
}

const END = `
  UPDATE task SET state = $2, cause = $3, cause_facts = $4::jsonb, wait = NULL, wanted = NULL, ended_at = now(),
    manifest = $5::jsonb || jsonb_build_object('instances', coalesce((
      SELECT jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
        'sopInstanceUid', sop_instance_uid, 'seriesInstanceUid', series_instance_uid, 'sopClassUid', sop_class_uid,
        'transferSyntaxUid', transfer_syntax_uid, 'state', state, 'cause', cause, 'bytes', bytes, 'sha256', sha256,
        'outSopInstanceUid', out_sop_instance_uid, 'outBytes', out_bytes, 'outSha256', out_sha256,
        'outPath', out_path, 'storeStatus', store_status, 'retrievedAt', retrieved_at, 'storedAt', stored_at,
        'verifiedAt', verified_at)) ORDER BY series_instance_uid, sop_instance_uid)
      FROM instance WHERE task_id = $1), '[]'::jsonb), 'withheld', (${WITHHELD_OF_TASK}))
  WHERE id = $1 RETURNING task_no AS "taskNo", state`;

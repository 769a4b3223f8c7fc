import { endRun, enqueue, type Database } from '@viaduct/prisma';
import { jobWorkflowId } from '@viaduct/workflows/contract';
import type { Logger } from 'pino';
import { alone } from '../database/alone.ts';
import { startMessage } from '../jobs/messages.ts';
import { forgetAnswers, type CatalogueTimes } from '../searches/catalogue.ts';
import { engineError, type Engine } from '../temporal/engine.ts';

const EVERY_MS = 5 * 60_000;
/** The first round comes soon, since a start is when most is amiss, ms. */
const FIRST_MS = 10_000;
/** Only one process reconciles at a time. */
const LOCK = 'viaduct/reconcile';

/** What a round has repaired. */
export interface Repairs {
  started: number;
  ended: number;
  canceled: number;
}

interface OpenRun {
  readonly jobId: string;
  readonly runNo: number;
  readonly urgent: boolean;
}

const OPEN_RUNS = `
  SELECT r.job_id AS "jobId", r.run_no AS "runNo", j.urgent
  FROM job_run AS r JOIN job AS j ON j.id = r.job_id AND j.run_no = r.run_no
  WHERE r.state <> 'ended' AND NOT EXISTS (
    SELECT FROM outbox AS o WHERE o.done_at IS NULL AND o.kind = 'start'
      AND o.workflow_id = 'job/' || r.job_id || '/run/' || r.run_no)
  ORDER BY r.job_id`;

/**
 * Compares database and engine and repairs what differs: a run the engine does not know is started again, one that
 * has ended there ends here too, and a workflow whose run has ended here is canceled. Undefined when another process
 * is at it. Slots need no repair: they expire by themselves.
 */
export async function reconcile(pool: Database['pool'], engine: Engine, log: Logger): Promise<Repairs | undefined> {
  return alone(pool, LOCK, async (client) => {
    const repairs: Repairs = { started: 0, ended: 0, canceled: 0 };
    const { rows: open } = await client.query<OpenRun>(OPEN_RUNS);
    for (const run of open) await repairRun(pool, engine, run, repairs);
    await cancelStrays(pool, engine, repairs);
    if (repairs.started + repairs.ended + repairs.canceled > 0) log.warn(repairs, 'reconciled');
    return repairs;
  });
}

async function repairRun(pool: Database['pool'], engine: Engine, run: OpenRun, repairs: Repairs): Promise<void> {
  const workflowId = jobWorkflowId(run.jobId, run.runNo);
  const state = await engine.describe(workflowId);
  if (state === 'running') return;
  if (state === 'unknown') {
    await enqueue(pool, startMessage(run, run.urgent));
    repairs.started++;
    return;
  }
  await endRun(pool, { jobId: run.jobId, runNo: run.runNo, outcome: state === 'canceled' ? 'canceled' : 'completed' });
  repairs.ended++;
}

async function cancelStrays(pool: Database['pool'], engine: Engine, repairs: Repairs): Promise<void> {
  for await (const workflowId of engine.running()) {
    const { rowCount } = await pool.query(
      `SELECT FROM job_run WHERE job_id = split_part($1, '/', 2)::uuid AND $1 = 'job/' || job_id || '/run/' || run_no
         AND (state <> 'ended' OR ended_at > now() - interval '1 minute')`,
      [workflowId],
    );
    if (rowCount === 0 && (await engine.cancel(workflowId))) repairs.canceled++;
  }
}

/** Reconciles soon and then every 5 minutes, for as long as it is not closed, and lets the catalogue forget. */
export function startReconciler(
  pool: Database['pool'],
  engine: Engine,
  log: Logger,
  catalogue: CatalogueTimes,
): AsyncDisposable {
  let running = Promise.resolve();
  let timer = setTimeout(function round() {
    running = reconcile(pool, engine, log)
      .then(() => forgetAnswers(pool, catalogue))
      .catch((error: unknown) => log.warn({ error: engineError(error) }, 'not reconciled'))
      .finally(() => (timer = setTimeout(round, EVERY_MS)));
  }, FIRST_MS);
  return {
    async [Symbol.asyncDispose]() {
      clearTimeout(timer);
      await running;
      clearTimeout(timer);
    },
  };
}

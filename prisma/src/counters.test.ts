import { expect, test } from 'vitest';
import { claimChunk } from './claims.ts';
import { enterRequest, instances, openWorld, readJob, runJob } from './harness/world.ts';
import type { World } from './harness/world.ts';
import { advance, expectInstances } from './ledger.ts';
import { planParts } from './plan.ts';
import { applyJobRequest } from './requests.ts';
import { applyTasksRequest } from './taskRequests.ts';
import { settleTask } from './tasks.ts';
import { settleVerification } from './verification.ts';

/** The counters of a job as they follow from its rows. */
async function recount({ database }: World, jobId: string) {
  const { rows } = await database.pool.query<Record<string, number>>(
    `SELECT count(*) FILTER (WHERE state = 'pending')::int AS "tasksPending",
       count(*) FILTER (WHERE state IN ('running', 'pausing', 'canceling'))::int AS "tasksRunning",
       count(*) FILTER (WHERE state = 'failure')::int AS "tasksFailure",
       count(*) FILTER (WHERE state = 'success')::int AS "tasksSuccess",
       count(*) FILTER (WHERE state = 'canceled')::int AS "tasksCanceled",
       (SELECT count(*)::int FROM instance AS i JOIN task AS t ON t.id = i.task_id WHERE t.job_id = $1) AS "instancesExpected",
       (SELECT count(*)::int FROM instance AS i JOIN task AS t ON t.id = i.task_id
        WHERE t.job_id = $1 AND i.state = 'verified') AS "instancesVerified",
       (SELECT count(*)::int FROM instance AS i JOIN task AS t ON t.id = i.task_id
        WHERE t.job_id = $1 AND i.state IN ('missing', 'failed', 'quarantined')) AS "instancesFailed"
     FROM task WHERE job_id = $1`,
    [jobId],
  );
  return rows[0] ?? {};
}

test('writers of every kind at once keep out of each other’s way, and the counters stay true', async () => {
  await using world = await openWorld();
  const { pool, client } = world.database;
  const TASKS = 8;
  const run = await runJob(world, TASKS);
  const tasks = await client.task.findMany({ where: { jobId: run.jobId }, orderBy: { taskNo: 'asc' } });
  const rows = instances(60);
  const steps = (to: 'retrieved' | 'stored', from: number) =>
    rows.slice(from, from + 20).map(({ sopInstanceUid }) => ({ sopInstanceUid, to, bytes: 7 }) as const);

  const transfer = async ({ id, taskNo }: { id: string; taskNo: number }) => {
    const ref = { ...run, taskNo };
    await expectInstances(pool, id, rows);
    await planParts(pool, ref);
    await Promise.all([0, 20, 40].map((from) => advance(pool, id, steps('retrieved', from))));
    await Promise.all([40, 20, 0].map((from) => advance(pool, id, steps('stored', from))));
    if (taskNo % 4 === 0) return settleTask(pool, { ...ref, to: 'failure', cause: 'aborted-by-peer' });
    const [present, absent] = [rows.slice(taskNo % 2), rows.slice(0, taskNo % 2)].map((some) =>
      some.map((row) => row.sopInstanceUid),
    );
    return settleVerification(pool, {
      ...ref,
      present: present ?? [],
      absent: absent ?? [],
      lastRound: true,
      manifest: {},
    });
  };
  const people = async () => {
    const wishes = [
      { action: 'pause', mode: 'drain' },
      { action: 'resume' },
      { action: 'retry', requeue: 'failed' },
      { action: 'retry', requeue: 'all' },
    ] as const;
    for (const wish of wishes) {
      await applyJobRequest(pool, { ...run, ...wish, requestId: await enterRequest(world, run, wish.action) });
      const requestId = await enterRequest(world, run, 'cancel', { taskNos: [3, 4, 5] });
      await applyTasksRequest(pool, { ...run, action: 'cancel', requestId });
      await claimChunk(pool, { ...run, chunkNo: 2, size: 1 });
    }
  };
  await Promise.all([...tasks.map(transfer), people(), people()]);
  expect(await readJob(world, run.jobId)).toMatchObject(await recount(world, run.jobId));
  expect((await recount(world, run.jobId)).instancesExpected).toBe(TASKS * 60);
});

test('every visible change gives the job a higher number', async () => {
  await using world = await openWorld();
  const run = await runJob(world, 2);
  const { statusSeq } = await readJob(world, run.jobId);
  await settleTask(world.database.pool, { ...run, taskNo: 1, to: 'failure' });
  const later = await readJob(world, run.jobId);
  expect(later.statusSeq).toBeGreaterThan(statusSeq);
  await enterRequest(world, run, 'pause');
  expect((await readJob(world, run.jobId)).statusSeq).toBeGreaterThan(later.statusSeq);
});

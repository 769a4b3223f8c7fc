import { expect, test } from 'vitest';
import { claimChunk } from './claims.ts';
import { deleteJob, forceEnd } from './endings.ts';
import type { TerminateFacts } from './endings.ts';
import { enterJob, enterRequest, openWorld, readEffect, readJob, runJob, taskStates } from './harness/world.ts';
import type { World } from './harness/world.ts';
import { createRequest } from './newRequests.ts';
import { RequestRefused } from './refusal.ts';
import { beginCancel, beginRun, endRun } from './runs.ts';
import { acquireSlot, renewSlot } from './slots.ts';
import { beginTask, settleTask } from './tasks.ts';

const messageOf = ({ chunkNo }: TerminateFacts) => ({
  kind: 'terminate' as const,
  workflowId: chunkNo === null ? 'job' : `chunk ${chunkNo}`,
  payload: {},
  priority: 1,
});
const end = (world: World, jobId: string) => forceEnd(world.database.pool, { jobId, userId: world.userId }, messageOf);

test('a forced end cancels what is open, frees the slots, terminates the workflows and keeps the ledger', async () => {
  await using world = await openWorld();
  const { pool, client } = world.database;
  const run = { jobId: await enterJob(world, 6), runNo: 1 };
  await beginRun(pool, run);
  for (const chunkNo of [1, 2, 3]) await claimChunk(pool, { ...run, chunkNo, size: 1 });
  await beginTask(pool, { ...run, taskNo: 1 });
  await settleTask(pool, { ...run, taskNo: 2, to: 'failure' });
  const { id: taskId } = await client.task.findFirstOrThrow({ where: { taskNo: 1 } });
  await client.instance.create({ data: { taskId, sopInstanceUid: '1.1', seriesInstanceUid: '1', state: 'stored' } });
  const slot = await acquireSlot(pool, { nodeId: world.sourceId, holder: 'h', ttlMs: 60_000, jobId: run.jobId });
  const waiting = await enterRequest(world, run, 'pause');
  await beginCancel(pool, run);
  await client.outbox.deleteMany();

  const { id } = await end(world, run.jobId);
  expect(await readJob(world, run.jobId)).toMatchObject({ state: 'canceled', tasksCanceled: 5, tasksFailure: 1 });
  expect(await taskStates(world, run.jobId)).toEqual(['canceled', 'failure', ...Array<string>(4).fill('canceled')]);
  expect(await client.instance.findFirst({ where: { taskId } })).toMatchObject({ state: 'stored' });
  expect(slot && (await renewSlot(pool, slot, 60_000))).toBe(false);
  expect(await readEffect(world, id)).toMatchObject({ state: 'applied', changed: 5 });
  expect(await readEffect(world, waiting)).toMatchObject({ state: 'refused', reason: 'job-ended' });
  const messages = await client.outbox.findMany({ orderBy: { id: 'asc' } });
  expect(messages.map(({ kind, workflowId }) => `${kind} ${workflowId}`)).toEqual([
    'terminate job',
    'terminate chunk 1',
    'terminate chunk 3',
  ]);
});

test('what a terminated workflow still writes comes too late', async () => {
  await using world = await openWorld();
  const { pool } = world.database;
  const run = await runJob(world, 2);
  await end(world, run.jobId);
  await endRun(pool, { ...run, outcome: 'completed' });
  await settleTask(pool, { ...run, taskNo: 1, to: 'failure' });
  expect(await beginTask(pool, { ...run, taskNo: 2 })).toBe(false);
  expect(await taskStates(world, run.jobId)).toEqual(['canceled', 'canceled']);
  await expect(end(world, run.jobId)).rejects.toEqual(new RequestRefused('job-ended'));
});

test('a job can be forced to its end before it has begun, and retried afterwards', async () => {
  await using world = await openWorld();
  const jobId = await enterJob(world, 1);
  await end(world, jobId);
  expect((await readJob(world, jobId)).state).toBe('canceled');
  const { runNo } = await createRequest(
    world.database.pool,
    { jobId, action: 'retry-failed', userId: world.userId },
    ({ starts }) => ({ kind: starts ? 'start' : 'signal', workflowId: 'w', payload: {}, priority: 3 }),
  );
  expect((await beginRun(world.database.pool, { jobId, runNo })).tasks).toBe(1);
});

test('only a job that has ended is deleted; from then on nothing can be asked of it', async () => {
  await using world = await openWorld();
  const { pool, client } = world.database;
  const run = await runJob(world, 1);
  await expect(deleteJob(pool, run.jobId)).rejects.toEqual(new RequestRefused('not-ended'));
  await endRun(pool, { ...run, outcome: 'canceled' });
  await deleteJob(pool, run.jobId);
  expect((await readJob(world, run.jobId)).deletedAt).not.toBeNull();
  expect(await client.task.count()).toBe(1);
  for (const ask of [() => deleteJob(pool, run.jobId), () => end(world, run.jobId)]) {
    await expect(ask()).rejects.toEqual(new RequestRefused('job-unknown'));
  }
});

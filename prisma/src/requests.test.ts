import { expect, test } from 'vitest';
import { enterRequest, openWorld, readJob, readRequest, readTask, runJob, enterJob } from './harness/world.ts';
import type { World } from './harness/world.ts';
import type { RunRef } from './refs.ts';
import { applyJobRequest, applyTaskRequest, refuseRequest } from './requests.ts';
import { beginRun, claimChunk, endRun } from './runs.ts';
import { beginTask, settleTask } from './tasks.ts';

async function askJob(world: World, run: RunRef, action: 'pause' | 'resume' | 'retry-failed') {
  const requestId = await enterRequest(world, run, action);
  const effect = await applyJobRequest(world.database.pool, { ...run, requestId, action });
  return { ...effect, request: await readRequest(world, requestId) };
}

async function askTask(
  world: World,
  run: RunRef,
  taskNo: number,
  action: 'pause' | 'resume' | 'cancel' | 'retry-failed',
) {
  const requestId = await enterRequest(world, run, action, taskNo);
  const input = { ...run, taskNo, requestId, action };
  const effect = await applyTaskRequest(world.database.pool, input);
  expect(await applyTaskRequest(world.database.pool, input)).toEqual(effect);
  return { ...effect, requestId, request: await readRequest(world, requestId) };
}

const stateOf = async (world: World, { jobId }: RunRef) => (await readJob(world, jobId)).state;
const taskState = async (world: World, { jobId }: RunRef, taskNo = 1) =>
  (await readTask(world, { jobId, taskNo })).state;

test('pausing a job shows pausing while a task runs, then paused; resuming shows running', async () => {
  await using world = await openWorld();
  const run = await runJob(world, 2);
  await beginTask(world.database.pool, { ...run, taskNo: 1 });
  expect(await askJob(world, run, 'pause')).toEqual({ requeued: 0, request: 'applied' });
  expect(await stateOf(world, run)).toBe('pausing');
  await settleTask(world.database.pool, { ...run, taskNo: 1, to: 'pending' });
  expect(await stateOf(world, run)).toBe('paused');
  expect((await askJob(world, run, 'resume')).request).toBe('applied');
  expect(await stateOf(world, run)).toBe('running');
  expect((await readJob(world, run.jobId)).controlBy).toBe(world.userId);
});

test('requests that make no sense are refused with a reason', async () => {
  await using world = await openWorld();
  const run = await runJob(world, 1);
  expect((await askJob(world, run, 'resume')).request).toBe('refused: not-paused');
  expect((await askJob(world, run, 'retry-failed')).request).toBe('refused: nothing-failed');
  expect((await askTask(world, run, 1, 'resume')).request).toBe('refused: not-paused');
  expect((await askTask(world, run, 1, 'retry-failed')).request).toBe('refused: nothing-failed');
  await settleTask(world.database.pool, { ...run, taskNo: 1, to: 'canceled' });
  expect((await askTask(world, run, 1, 'cancel')).request).toBe('refused: task-ended');
  await endRun(world.database.pool, { ...run, outcome: 'completed' });
  expect((await askJob(world, run, 'pause')).request).toBe('refused: job-ended');
  const late = await enterRequest(world, run, 'pause');
  await refuseRequest(world.database.pool, { requestId: late, reason: 'job-ended' });
  expect(await readRequest(world, late)).toBe('refused: job-ended');
});

test('an unclaimed task is paused, resumed and canceled at once', async () => {
  await using world = await openWorld();
  const { pool } = world.database;
  const run = { jobId: await enterJob(world, 2), runNo: 1 };
  await beginRun(pool, run);
  expect(await askTask(world, run, 1, 'pause')).toMatchObject({ chunkNo: null, requeued: 0, request: 'applied' });
  expect(await taskState(world, run)).toBe('paused');
  expect((await askTask(world, run, 1, 'pause')).request).toBe('refused: already-paused');
  expect((await claimChunk(pool, { ...run, chunkNo: 1, size: 5 })).tasks.map((task) => task.taskNo)).toEqual([2]);
  expect((await claimChunk(pool, { ...run, chunkNo: 1, size: 5 })).open).toBe(1);
  expect(await askTask(world, run, 1, 'resume')).toMatchObject({ chunkNo: null, requeued: 1, request: 'applied' });
  expect(await askTask(world, run, 1, 'cancel')).toMatchObject({ chunkNo: null, request: 'applied' });
  expect(await taskState(world, run)).toBe('canceled');
  expect(await askTask(world, run, 1, 'retry-failed')).toMatchObject({ requeued: 1, request: 'applied' });
  expect(await taskState(world, run)).toBe('pending');
});

test('a claimed task is shown as pausing and its request settled by its chunk', async () => {
  await using world = await openWorld();
  const { pool } = world.database;
  const run = await runJob(world, 1);
  await beginTask(pool, { ...run, taskNo: 1 });
  const asked = await askTask(world, run, 1, 'pause');
  expect(asked).toMatchObject({ chunkNo: 1, requeued: 0, request: 'taken' });
  expect(await taskState(world, run)).toBe('pausing');
  await settleTask(pool, { ...run, taskNo: 1, to: 'paused' });
  expect(await readRequest(world, asked.requestId)).toBe('applied');
  expect(await taskState(world, run)).toBe('paused');
  expect(await stateOf(world, run)).toBe('paused');
  expect(await askJob(world, run, 'resume')).toEqual({ requeued: 1, request: 'applied' });
});

test('a task resumed while it is still pausing is pending once its chunk lets it go', async () => {
  await using world = await openWorld();
  const { pool } = world.database;
  const run = await runJob(world, 1);
  await beginTask(pool, { ...run, taskNo: 1 });
  const paused = await askTask(world, run, 1, 'pause');
  expect(await askTask(world, run, 1, 'resume')).toMatchObject({ chunkNo: null, requeued: 1, request: 'applied' });
  expect(await readRequest(world, paused.requestId)).toBe('refused: not-paused');
  await settleTask(pool, { ...run, taskNo: 1, to: 'paused' });
  expect(await taskState(world, run)).toBe('pending');
  expect((await claimChunk(pool, { ...run, chunkNo: 2, size: 5 })).tasks).toHaveLength(1);
});

test('cancel overrides a pause that is under way', async () => {
  await using world = await openWorld();
  const { pool } = world.database;
  const run = await runJob(world, 1);
  const paused = await askTask(world, run, 1, 'pause');
  const canceled = await askTask(world, run, 1, 'cancel');
  expect(canceled).toMatchObject({ chunkNo: 1, request: 'taken' });
  expect((await askTask(world, run, 1, 'resume')).request).toBe('refused: canceling');
  await settleTask(pool, { ...run, taskNo: 1, to: 'paused' });
  expect(await taskState(world, run)).toBe('canceled');
  expect(await readRequest(world, canceled.requestId)).toBe('applied');
  expect(await readRequest(world, paused.requestId)).toBe('refused: task-ended');
});

test('retrying a running job requeues what failed', async () => {
  await using world = await openWorld();
  const run = await runJob(world, 3);
  await settleTask(world.database.pool, { ...run, taskNo: 2, to: 'failure', cause: 'silent-peer' });
  expect(await askJob(world, run, 'retry-failed')).toEqual({ requeued: 1, request: 'applied' });
  expect((await claimChunk(world.database.pool, { ...run, chunkNo: 2, size: 9 })).tasks).toMatchObject([{ taskNo: 2 }]);
});

test('nothing of a stale run writes any more', async () => {
  await using world = await openWorld();
  const { pool, client } = world.database;
  const run = await runJob(world, 1);
  await client.jobRun.create({ data: { jobId: run.jobId, runNo: 2 } });
  await client.job.update({ where: { id: run.jobId }, data: { runNo: 2 } });
  await beginRun(pool, { ...run, runNo: 2 });
  await settleTask(pool, { ...run, taskNo: 1, to: 'failure' });
  await endRun(pool, { ...run, outcome: 'canceled' });
  expect(await beginTask(pool, { ...run, taskNo: 1 })).toBe(false);
  expect(await claimChunk(pool, { ...run, chunkNo: 9, size: 9 })).toEqual({ tasks: [], open: 0 });
  expect((await askTask(world, run, 1, 'cancel')).request).toBe('refused: job-ended');
  expect(await taskState(world, run)).toBe('pending');
});

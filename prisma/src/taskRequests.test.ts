import { expect, test } from 'vitest';
import { claimChunk } from './claims.ts';
import { enterJob, enterRequest, openWorld, readEffect, readJob, runJob, taskStates } from './harness/world.ts';
import type { World } from './harness/world.ts';
import type { RunRef } from './refs.ts';
import { applyJobRequest } from './requests.ts';
import { beginRun, endRun } from './runs.ts';
import { applyTasksRequest } from './taskRequests.ts';
import type { TasksRequest } from './taskRequests.ts';
import { beginTask, settleTask } from './tasks.ts';

const RETRY = { action: 'retry', requeue: 'failed' } as const;
type Wish = typeof RETRY | { readonly action: 'pause' | 'resume' | 'cancel' };

/** Asks twice, as a repeated activity does. */
async function ask(world: World, run: RunRef, taskNos: number[], wish: Wish) {
  const action = wish.action === 'retry' ? 'retry-failed' : wish.action;
  const requestId = await enterRequest(world, run, action, { taskNos });
  const input: TasksRequest = { ...run, requestId, ...wish };
  const effect = await applyTasksRequest(world.database.pool, input);
  const row = await readEffect(world, requestId);
  expect(await applyTasksRequest(world.database.pool, input)).toEqual(effect);
  expect(await readEffect(world, requestId)).toEqual(row);
  return { requestId, ...effect, ...row };
}

async function beganJob(world: World, tasks: number): Promise<RunRef> {
  const run = { jobId: await enterJob(world, tasks), runNo: 1 };
  await beginRun(world.database.pool, run);
  return run;
}

test('tasks that nobody has claimed are paused, resumed, canceled and retried at once', async () => {
  await using world = await openWorld();
  const { pool } = world.database;
  const run = await beganJob(world, 3);
  expect(await ask(world, run, [1, 2], { action: 'pause' })).toMatchObject({
    told: [],
    state: 'applied',
    changed: 2,
    unchanged: 0,
  });
  expect(await taskStates(world, run.jobId)).toEqual(['paused', 'paused', 'pending']);
  expect(await claimChunk(pool, { ...run, chunkNo: 1, size: 5 })).toMatchObject({ tasks: [{ taskNo: 3 }], open: 2 });
  expect(await ask(world, run, [1], { action: 'resume' })).toMatchObject({ told: [], requeued: 1, changed: 1 });
  expect(await ask(world, run, [1, 2], { action: 'cancel' })).toMatchObject({ state: 'applied', changed: 2 });
  expect(await taskStates(world, run.jobId)).toEqual(['canceled', 'canceled', 'pending']);
  expect(await ask(world, run, [1, 2, 3], RETRY)).toMatchObject({ requeued: 2, changed: 2, unchanged: 1 });
  expect(await taskStates(world, run.jobId)).toEqual(['pending', 'pending', 'pending']);
});

test('claimed tasks are shown as pausing, and their request is settled with the last of them', async () => {
  await using world = await openWorld();
  const { pool } = world.database;
  const run = await beganJob(world, 5);
  await claimChunk(pool, { ...run, chunkNo: 1, size: 2 });
  await claimChunk(pool, { ...run, chunkNo: 2, size: 2 });
  const asked = await ask(world, run, [1, 2, 3, 5], { action: 'pause' });
  expect(asked).toMatchObject({ state: 'taken', changed: 1, waitingFor: [1, 2, 3] });
  expect(asked.told).toEqual([
    { chunkNo: 1, taskNos: [1, 2] },
    { chunkNo: 2, taskNos: [3] },
  ]);
  expect(await taskStates(world, run.jobId)).toEqual(['pausing', 'pausing', 'pausing', 'pending', 'paused']);
  await settleTask(pool, { ...run, taskNo: 1, to: 'paused' });
  await settleTask(pool, { ...run, taskNo: 3, to: 'failure' });
  expect(await readEffect(world, asked.requestId)).toMatchObject({ state: 'taken', changed: 2, waitingFor: [2] });
  await settleTask(pool, { ...run, taskNo: 2, to: 'paused' });
  expect(await readEffect(world, asked.requestId)).toEqual({
    state: 'applied',
    reason: null,
    changed: 3,
    unchanged: 1,
    waitingFor: [],
  });
});

test('tasks put down at the same time settle their request together', async () => {
  await using world = await openWorld();
  const run = await runJob(world, 8);
  const taskNos = [1, 2, 3, 4, 5, 6, 7, 8];
  const { requestId } = await ask(world, run, taskNos, { action: 'cancel' });
  await Promise.all(
    taskNos.map((taskNo) =>
      settleTask(world.database.pool, { ...run, taskNo, to: taskNo % 2 ? 'canceled' : 'failure' }),
    ),
  );
  expect(await readEffect(world, requestId)).toMatchObject({ state: 'applied', changed: 4, unchanged: 4 });
});

test('a request that changed none of its tasks is refused', async () => {
  await using world = await openWorld();
  const run = await runJob(world, 2);
  const { requestId } = await ask(world, run, [1], { action: 'pause' });
  await settleTask(world.database.pool, { ...run, taskNo: 1, to: 'failure' });
  expect(await readEffect(world, requestId)).toMatchObject({ state: 'refused', reason: 'task-ended', unchanged: 1 });
});

test('a resume wakes tasks paused one by one, and the job with them', async () => {
  await using world = await openWorld();
  const { pool } = world.database;
  const run = await runJob(world, 1);
  await ask(world, run, [1], { action: 'pause' });
  await settleTask(pool, { ...run, taskNo: 1, to: 'paused' });
  expect((await readJob(world, run.jobId)).state).toBe('paused');
  const requestId = await enterRequest(world, run, 'resume');
  expect(await applyJobRequest(pool, { ...run, requestId, action: 'resume' })).toEqual({ requeued: 1 });
  expect(await readEffect(world, requestId)).toMatchObject({ state: 'applied', changed: 1 });
});

test('a task resumed while it is still pausing is pending once its chunk lets it go', async () => {
  await using world = await openWorld();
  const { pool } = world.database;
  const run = await runJob(world, 1);
  await beginTask(pool, { ...run, taskNo: 1 });
  const paused = await ask(world, run, [1], { action: 'pause' });
  expect(await ask(world, run, [1], { action: 'resume' })).toMatchObject({
    told: [{ chunkNo: 1, taskNos: [1] }],
    state: 'applied',
    changed: 1,
  });
  expect(await readEffect(world, paused.requestId)).toMatchObject({ state: 'refused', reason: 'not-paused' });
  await settleTask(pool, { ...run, taskNo: 1, to: 'paused' });
  expect(await taskStates(world, run.jobId)).toEqual(['pending']);
  expect((await claimChunk(pool, { ...run, chunkNo: 2, size: 5 })).tasks).toHaveLength(1);
});

test('cancel takes the place of a pause that is under way', async () => {
  await using world = await openWorld();
  const run = await runJob(world, 1);
  const paused = await ask(world, run, [1], { action: 'pause' });
  const canceled = await ask(world, run, [1], { action: 'cancel' });
  expect(canceled).toMatchObject({ told: [{ chunkNo: 1, taskNos: [1] }], state: 'taken' });
  expect(await ask(world, run, [1], { action: 'resume' })).toMatchObject({ state: 'refused', reason: 'canceling' });
  expect(await ask(world, run, [1], { action: 'pause' })).toMatchObject({ state: 'refused', reason: 'canceling' });
  await settleTask(world.database.pool, { ...run, taskNo: 1, to: 'paused' });
  expect(await taskStates(world, run.jobId)).toEqual(['canceled']);
  expect(await readEffect(world, canceled.requestId)).toMatchObject({ state: 'applied', changed: 1 });
  expect(await readEffect(world, paused.requestId)).toMatchObject({ state: 'refused', reason: 'task-ended' });
});

test.each([
  [{ action: 'pause' }, 'paused', 'already-paused'],
  [{ action: 'pause' }, 'success', 'task-ended'],
  [{ action: 'resume' }, 'running', 'not-paused'],
  [{ action: 'cancel' }, 'failure', 'task-ended'],
  [RETRY, 'success', 'nothing-failed'],
] as const)('%o of a task that is %s: %s', async (wish, state, reason) => {
  await using world = await openWorld();
  const run = await beganJob(world, 1);
  await world.database.client.task.updateMany({ data: { state } });
  expect(await ask(world, run, [1], wish)).toMatchObject({ told: [], state: 'refused', reason, unchanged: 1 });
});

test('a request about tasks that are still to be put down is settled with the end of the run', async () => {
  await using world = await openWorld();
  const run = await runJob(world, 3);
  const paused = await ask(world, run, [1], { action: 'pause' });
  const canceled = await ask(world, run, [2, 3], { action: 'cancel' });
  await endRun(world.database.pool, { ...run, outcome: 'canceled' });
  expect(await readEffect(world, paused.requestId)).toMatchObject({ state: 'refused', reason: 'job-ended' });
  expect(await readEffect(world, canceled.requestId)).toMatchObject({ state: 'applied', changed: 2, waitingFor: [] });
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
  expect(await claimChunk(pool, { ...run, chunkNo: 9, size: 9 })).toEqual({ tasks: [], open: 0, ended: true });
  expect(await ask(world, run, [1], { action: 'cancel' })).toMatchObject({ state: 'refused', reason: 'job-ended' });
  expect(await taskStates(world, run.jobId)).toEqual(['pending']);
});

test('ten thousand tasks are paused and resumed by one request', async () => {
  await using world = await openWorld();
  const run = await beganJob(world, 10_000);
  const taskNos = Array.from({ length: 10_000 }, (_, index) => index + 1);
  expect(await ask(world, run, taskNos, { action: 'pause' })).toMatchObject({ state: 'applied', changed: 10_000 });
  expect(await readJob(world, run.jobId)).toMatchObject({ state: 'paused', tasksPaused: 10_000 });
  expect(await ask(world, run, taskNos, { action: 'resume' })).toMatchObject({ requeued: 10_000, changed: 10_000 });
});

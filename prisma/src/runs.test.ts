import { ALWAYS } from '@viaduct/domain';
import { expect, test } from 'vitest';
import { claimChunk, releaseChunk } from './claims.ts';
import { enterJob, enterRequest, openWorld, readJob, readRequest, readTask, runJob } from './harness/world.ts';
import { beginCancel, beginRun, endRun } from './runs.ts';
import { beginTask, settleTask } from './tasks.ts';

test('beginning twice at once is beginning once', async () => {
  await using world = await openWorld();
  const { pool } = world.database;
  const run = { jobId: await enterJob(world, 3), runNo: 1 };
  expect((await readJob(world, run.jobId)).state).toBe('pending');
  const starts = await Promise.all([beginRun(pool, run), beginRun(pool, run)]);
  const nodes = [world.sourceId, world.destinationId].map((id) => ({ id, windows: null, suspended: false }));
  const gates = { schedule: ALWAYS, urgent: false, nodes };
  expect(starts).toEqual(Array(2).fill({ state: 'running', tasks: 3, associations: 4, gates, isAsked: false }));
  await enterRequest(world, run, 'pause');
  expect((await beginRun(pool, run)).isAsked).toBe(true);
  expect(await readJob(world, run.jobId)).toMatchObject({ state: 'running', tasksPending: 3, runNo: 1 });
});

test('a job has started once one of its studies runs, not while it only waits', async () => {
  await using world = await openWorld();
  const { pool } = world.database;
  const run = { jobId: await enterJob(world, 2), runNo: 1 };
  await beginRun(pool, run);
  expect((await readJob(world, run.jobId)).startedAt).toBeNull();
  await claimChunk(pool, { ...run, chunkNo: 1, size: 2 });
  await beginTask(pool, { ...run, taskNo: 2 });
  const { startedAt } = await readJob(world, run.jobId);
  expect(startedAt).toEqual((await readTask(world, { ...run, taskNo: 2 })).startedAt);
  await beginTask(pool, { ...run, taskNo: 1 });
  expect((await readJob(world, run.jobId)).startedAt).toEqual(startedAt);
});

test('a run that is over, unknown, or followed by a later one has ended', async () => {
  await using world = await openWorld();
  const { pool } = world.database;
  const run = await runJob(world);
  await endRun(pool, { ...run, outcome: 'completed' });
  expect((await beginRun(pool, run)).state).toBe('ended');
  expect((await beginRun(pool, { ...run, runNo: 2 })).state).toBe('ended');
});

test('a chunk gets the same tasks when it asks again, the next chunk the next ones', async () => {
  await using world = await openWorld();
  const { pool } = world.database;
  const run = { jobId: await enterJob(world, 5), runNo: 1 };
  await beginRun(pool, run);
  const claim = (chunkNo: number, size = 2) => claimChunk(pool, { ...run, chunkNo, size });
  const [one, again] = await Promise.all([claim(1), claim(1)]);
  expect(one.tasks.map((task) => task.taskNo)).toEqual([1, 2]);
  expect(again).toEqual(one);
  expect(one.open).toBe(3);
  expect((await claim(2, 0)).tasks).toEqual([]);
  expect((await claim(2)).tasks.map((task) => task.taskNo)).toEqual([3, 4]);
  expect(await claim(3)).toMatchObject({ tasks: [{ taskNo: 5, pseudonymize: true, found: false }], open: 0 });
});

test('a claim ends the run when there is nothing left, not while a task is paused', async () => {
  await using world = await openWorld();
  const { pool, client } = world.database;
  const run = await runJob(world, 2);
  const pause = await enterRequest(world, run, 'pause');
  const last = () => claimChunk(pool, { ...run, chunkNo: 2, size: 9, mayEnd: true });
  await client.task.updateMany({ where: { jobId: run.jobId }, data: { state: 'success', chunkNo: null } });
  await client.task.updateMany({ where: { jobId: run.jobId, taskNo: 2 }, data: { state: 'paused' } });
  expect(await last()).toEqual({ tasks: [], open: 1, ended: false });
  await client.task.updateMany({ where: { jobId: run.jobId, taskNo: 2 }, data: { state: 'success' } });
  expect(await claimChunk(pool, { ...run, chunkNo: 2, size: 9 })).toEqual({ tasks: [], open: 0, ended: false });
  expect(await last()).toEqual({ tasks: [], open: 0, ended: true });
  expect(await last()).toEqual({ tasks: [], open: 0, ended: true });
  expect((await readJob(world, run.jobId)).state).toBe('success');
  expect(await readRequest(world, pause)).toBe('refused: job-ended');
});

test('a released chunk gives its tasks back as somebody wanted them', async () => {
  await using world = await openWorld();
  const { pool, client } = world.database;
  const run = await runJob(world, 4);
  await beginTask(pool, { ...run, taskNo: 1 });
  await client.task.updateMany({ where: { jobId: run.jobId, taskNo: 2 }, data: { wanted: 'pause' } });
  await settleTask(pool, { ...run, taskNo: 3, to: 'failure', cause: 'aborted-by-peer' });
  await releaseChunk(pool, { ...run, chunkNo: 1, to: 'pending' });
  const states = await client.task.findMany({ where: { jobId: run.jobId }, orderBy: { taskNo: 'asc' } });
  expect(states.map((task) => task.state)).toEqual(['pending', 'paused', 'failure', 'pending']);
  expect(await claimChunk(pool, { ...run, chunkNo: 2, size: 9 })).toMatchObject({
    tasks: [{ taskNo: 1 }, { taskNo: 4 }],
    open: 1,
  });
});

test('a canceled run cancels what is left and settles requests', async () => {
  await using world = await openWorld();
  const { pool } = world.database;
  const run = await runJob(world, 2);
  const cancel = await enterRequest(world, run, 'cancel');
  const pause = await enterRequest(world, run, 'pause');
  await beginTask(pool, { ...run, taskNo: 1 });
  await beginCancel(pool, run);
  expect((await readJob(world, run.jobId)).state).toBe('canceling');
  await endRun(pool, { ...run, outcome: 'canceled' });
  await endRun(pool, { ...run, outcome: 'canceled' });
  expect(await readJob(world, run.jobId)).toMatchObject({ state: 'canceled', tasksCanceled: 2, tasksRunning: 0 });
  expect(await readRequest(world, cancel)).toBe('applied');
  expect(await readRequest(world, pause)).toBe('refused: job-ended');
});

test('a completed run with work left over is a failure, never a success', async () => {
  await using world = await openWorld();
  const run = await runJob(world, 1);
  await endRun(world.database.pool, { ...run, outcome: 'completed' });
  expect((await readJob(world, run.jobId)).state).toBe('failure');
  expect(await readTask(world, { ...run, taskNo: 1 })).toMatchObject({ state: 'failure', cause: 'internal' });
});

test('a cancel that finds everything done changes nothing about the outcome', async () => {
  await using world = await openWorld();
  const { pool, client } = world.database;
  const run = await runJob(world, 1);
  await client.task.updateMany({ where: { jobId: run.jobId }, data: { state: 'success' } });
  await beginCancel(pool, run);
  await endRun(pool, { ...run, outcome: 'canceled' });
  expect((await readJob(world, run.jobId)).state).toBe('success');
});

test('a second run takes up failed and canceled tasks and what the first left unfinished', async () => {
  await using world = await openWorld();
  const { pool, client } = world.database;
  const run = await runJob(world, 4);
  await client.task.updateMany({ where: { jobId: run.jobId, taskNo: 1 }, data: { state: 'success' } });
  await beginTask(pool, { ...run, taskNo: 2 });
  await settleTask(pool, { ...run, taskNo: 2, to: 'failure', cause: 'silent-peer', facts: { waitedMs: 5 } });
  const { id: taskId } = await readTask(world, { ...run, taskNo: 2 });
  await client.instance.createMany({
    data: ['missing', 'verified', 'failed'].map((state, index) => ({
      taskId,
      sopInstanceUid: `1.${index + 1}`,
      seriesInstanceUid: '1',
      state,
    })),
  });
  await client.jobRun.create({ data: { jobId: run.jobId, runNo: 2 } });
  await client.job.update({ where: { id: run.jobId }, data: { runNo: 2 } });
  const second = { ...run, runNo: 2 };
  expect(await beginRun(pool, second)).toMatchObject({ state: 'running', tasks: 3 });
  const { tasks } = await claimChunk(pool, { ...second, chunkNo: 1, size: 9 });
  expect(tasks.map((task) => task.taskNo)).toEqual([2, 3, 4]);
  expect(tasks[0]?.found).toBe(true);
  expect(
    await client.instance.groupBy({ by: ['state'], where: { taskId }, _count: true, orderBy: { state: 'asc' } }),
  ).toEqual([
    { state: 'expected', _count: 2 },
    { state: 'verified', _count: 1 },
  ]);
  expect(await readTask(world, { ...run, taskNo: 2 })).toMatchObject({ cause: null, instancesFailed: 0 });
});

test('a run about named tasks leaves the others alone', async () => {
  await using world = await openWorld();
  const { pool, client } = world.database;
  const run = await runJob(world, 3);
  for (const taskNo of [1, 2, 3]) await settleTask(pool, { ...run, taskNo, to: 'failure' });
  await endRun(pool, { ...run, outcome: 'completed' });
  await client.jobRun.create({ data: { jobId: run.jobId, runNo: 2, taskNos: [2] } });
  await client.job.update({ where: { id: run.jobId }, data: { runNo: 2 } });
  await beginRun(pool, { ...run, runNo: 2 });
  expect(await readJob(world, run.jobId)).toMatchObject({ state: 'running', tasksPending: 1, tasksFailure: 2 });
});

import { expect, test } from 'vitest';
import { enterJob, openWorld, readJob, readTask, runJob, startOf } from './harness/world.ts';
import type { World } from './harness/world.ts';
import { createRequest, RequestRefused } from './newRequests.ts';
import type { NewRequest, RequestFacts } from './newRequests.ts';
import type { OutboxMessage } from './outbox.ts';
import { beginRun, endRun } from './runs.ts';
import { settleTask } from './tasks.ts';

const messageOf = (facts: RequestFacts): OutboxMessage =>
  facts.starts
    ? startOf(facts)
    : { kind: 'signal', workflowId: 'w', signalName: facts.action, payload: facts, priority: 3 };

const ask = (world: World, request: Omit<NewRequest, 'userId'>) =>
  createRequest(world.database.pool, { ...request, userId: world.userId }, messageOf);

const outbox = async (world: World) =>
  (await world.database.client.outbox.findMany({ orderBy: { id: 'asc' } })).map(
    (row) => row.signalName ?? `${row.kind} ${row.workflowId.split('/').at(-1)}`,
  );

test('a job is entered with its tasks, its first run and its start, once per key', async () => {
  await using world = await openWorld();
  const id = await enterJob(world, 3, { idempotencyKey: 'k', title: 'First' });
  expect(await enterJob(world, 9, { idempotencyKey: 'k', title: 'Second' })).toBe(id);
  expect(await readJob(world, id)).toMatchObject({ title: 'First', tasksPending: 3, state: 'pending', runNo: 1 });
  expect(await readTask(world, { jobId: id, taskNo: 3 })).toMatchObject({
    studyInstanceUid: '1.2.3.3',
    modalities: ['CT'],
    seriesInstanceUids: [],
  });
  expect(await outbox(world)).toEqual(['start 1']);
});

test('the same key twice at once gives one job', async () => {
  await using world = await openWorld();
  const ids = await Promise.all([1, 2, 3].map(() => enterJob(world, 2, { idempotencyKey: 'k' })));
  expect(new Set(ids).size).toBe(1);
  expect(await world.database.client.task.count()).toBe(2);
});

test('a task of an unknown node enters nothing at all', async () => {
  await using world = await openWorld();
  const tasks = [{ sourceId: world.userId, destinationId: world.destinationId, studyInstanceUid: '1.2' }];
  await expect(enterJob(world, 1, { tasks })).rejects.toThrow();
  expect(await world.database.client.job.count()).toBe(0);
});

test('requests are kept with their message, also before the run has begun', async () => {
  await using world = await openWorld();
  const jobId = await enterJob(world, 2);
  const { id, runNo } = await ask(world, { jobId, action: 'pause', mode: 'drain' });
  await ask(world, { jobId, action: 'cancel', taskNo: 2 });
  expect(runNo).toBe(1);
  expect(await world.database.client.request.findUnique({ where: { id } })).toMatchObject({
    state: 'taken',
    mode: 'drain',
    userId: world.userId,
  });
  expect(await outbox(world)).toEqual(['start 1', 'pause', 'cancel']);
});

test('retrying a job that has ended begins its next run, shown as pending', async () => {
  await using world = await openWorld();
  const { pool } = world.database;
  const run = await runJob(world, 2);
  await settleTask(pool, { ...run, taskNo: 1, to: 'failure' });
  await settleTask(pool, { ...run, taskNo: 2, to: 'canceled' });
  await endRun(pool, { ...run, outcome: 'completed' });
  const { id, runNo } = await ask(world, { jobId: run.jobId, action: 'retry-failed', taskNo: 1 });
  expect(runNo).toBe(2);
  expect(await readJob(world, run.jobId)).toMatchObject({ state: 'pending', runNo: 2, endedAt: null });
  await beginRun(pool, { ...run, runNo });
  expect(await world.database.client.request.findUnique({ where: { id } })).toMatchObject({ state: 'applied' });
  expect(await readJob(world, run.jobId)).toMatchObject({ state: 'running', tasksPending: 1, tasksCanceled: 1 });
  expect(await outbox(world)).toEqual(['start 1', 'start 2']);
});

test.each([
  ['resume', undefined, 'not-paused'],
  ['retry-failed', undefined, 'nothing-failed'],
  ['resume', 1, 'not-paused'],
  ['retry-failed', 1, 'nothing-failed'],
  ['cancel', 9, 'task-unknown'],
] as const)('%s of task %s makes no sense in a fresh job: %s', async (action, taskNo, refusal) => {
  await using world = await openWorld();
  const jobId = await enterJob(world, 1);
  await expect(ask(world, { jobId, action, taskNo })).rejects.toEqual(new RequestRefused(refusal));
  expect(await outbox(world)).toEqual(['start 1']);
});

test('nothing but a retry can be asked of a job that has ended', async () => {
  await using world = await openWorld();
  const run = await runJob(world, 1);
  await settleTask(world.database.pool, { ...run, taskNo: 1, to: 'failure' });
  await endRun(world.database.pool, { ...run, outcome: 'completed' });
  await expect(ask(world, { jobId: run.jobId, action: 'pause' })).rejects.toEqual(new RequestRefused('job-ended'));
});

import { ALWAYS } from '@viaduct/domain';
import { expect, test } from 'vitest';
import { enterJob, openWorld, readEffect, readJob, readTask, runJob, startOf, taskStates } from './harness/world.ts';
import type { World } from './harness/world.ts';
import { createRequest } from './newRequests.ts';
import type { NewRequest, RequestFacts } from './newRequests.ts';
import type { OutboxMessage } from './outbox.ts';
import { RequestRefused } from './refusal.ts';
import { beginCancel, beginRun, endRun } from './runs.ts';
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
  await ask(world, { jobId, action: 'cancel', taskNos: [2] });
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
  const { id, runNo } = await ask(world, { jobId: run.jobId, action: 'retry-failed', taskNos: [1] });
  expect(runNo).toBe(2);
  expect(await readJob(world, run.jobId)).toMatchObject({ state: 'pending', runNo: 2, endedAt: null });
  await beginRun(pool, { ...run, runNo });
  expect(await world.database.client.request.findUnique({ where: { id } })).toMatchObject({ state: 'applied' });
  expect(await readJob(world, run.jobId)).toMatchObject({ state: 'running', tasksPending: 1, tasksCanceled: 1 });
  expect(await outbox(world)).toEqual(['start 1', 'start 2']);
});

test('a request keeps its new schedule, and its message says how urgent the job becomes', async () => {
  await using world = await openWorld();
  const jobId = await enterJob(world, 1);
  const schedule = { ...ALWAYS, notBefore: '2026-12-01T20:00:00Z' };
  const { id } = await ask(world, { jobId, action: 'set-schedule', value: schedule });
  await ask(world, { jobId, action: 'set-priority', value: { urgent: true } });
  expect(await world.database.client.request.findUnique({ where: { id } })).toMatchObject({ value: schedule });
  const messages = await world.database.client.outbox.findMany({ orderBy: { id: 'asc' }, skip: 1 });
  expect(messages.map(({ payload }) => payload)).toMatchObject([
    { action: 'set-schedule', urgent: false, tasks: false },
    { action: 'set-priority', urgent: true, tasks: false },
  ]);
});

test.each([
  ['retry-warnings', 'warnings', [3]],
  ['restart', 'all', [1, 2, 3]],
  ['retry-failed', 'failed', [2]],
] as const)('%s in an ended job begins a run for exactly those tasks', async (action, requeue, again) => {
  await using world = await openWorld();
  const { client, pool } = world.database;
  const run = await runJob(world, 3);
  for (const [index, state] of ['success', 'failure', 'warning'].entries()) {
    await client.task.updateMany({ where: { jobId: run.jobId, taskNo: index + 1 }, data: { state } });
  }
  await endRun(pool, { ...run, outcome: 'completed' });
  const { id, runNo } = await ask(world, { jobId: run.jobId, action });
  expect(await client.jobRun.findFirst({ where: { runNo } })).toMatchObject({ requeue, taskNos: [] });
  await beginRun(pool, { ...run, runNo });
  const pending = await client.task.findMany({ where: { state: 'pending', runNo }, orderBy: { taskNo: 'asc' } });
  expect(pending.map(({ taskNo }) => taskNo)).toEqual(again);
  expect(await readEffect(world, id)).toMatchObject({ state: 'applied', changed: again.length });
});

test('a request about many tasks is taken when it makes sense for one of them, and counts the others', async () => {
  await using world = await openWorld();
  const { client, pool } = world.database;
  const run = await runJob(world, 3);
  for (const [index, state] of ['success', 'failure', 'success'].entries()) {
    await client.task.updateMany({ where: { jobId: run.jobId, taskNo: index + 1 }, data: { state } });
  }
  await endRun(pool, { ...run, outcome: 'completed' });
  const { id, runNo } = await ask(world, { jobId: run.jobId, action: 'retry-failed', taskNos: [3, 2, 1, 2] });
  await beginRun(pool, { ...run, runNo });
  expect(await readEffect(world, id)).toMatchObject({ state: 'applied', changed: 1, unchanged: 2 });
  expect(await taskStates(world, run.jobId)).toEqual(['success', 'pending', 'success']);
});

test.each([
  ['resume', undefined, 'not-paused'],
  ['retry-failed', undefined, 'nothing-failed'],
  ['retry-warnings', undefined, 'nothing-warned'],
  ['restart', undefined, 'not-ended'],
  ['resume', [1], 'not-paused'],
  ['retry-failed', [1], 'nothing-failed'],
  ['retry-warnings', [1], 'nothing-warned'],
  ['restart', [1], 'not-ended'],
  ['set-priority', [1], 'no-such-action'],
  ['cancel', [1, 9], 'task-unknown'],
  ['cancel', [], 'task-unknown'],
] as const)('%s of tasks %s makes no sense in a fresh job: %s', async (action, taskNos, refusal) => {
  await using world = await openWorld();
  const jobId = await enterJob(world, 1);
  await expect(ask(world, { jobId, action, taskNos })).rejects.toEqual(new RequestRefused(refusal));
  expect(await outbox(world)).toEqual(['start 1']);
});

test.each(['pause', 'resume', 'cancel', 'set-schedule', 'set-priority'] as const)(
  '%s cannot be asked of a job that has ended',
  async (action) => {
    await using world = await openWorld();
    const run = await runJob(world, 1);
    await settleTask(world.database.pool, { ...run, taskNo: 1, to: 'failure' });
    await endRun(world.database.pool, { ...run, outcome: 'completed' });
    await expect(ask(world, { jobId: run.jobId, action })).rejects.toEqual(new RequestRefused('job-ended'));
  },
);

test('while a job is being canceled nothing else can be asked of it', async () => {
  await using world = await openWorld();
  const run = await runJob(world, 1);
  await beginCancel(world.database.pool, run);
  for (const taskNos of [undefined, [1]]) {
    await expect(ask(world, { jobId: run.jobId, action: 'pause', taskNos })).rejects.toEqual(
      new RequestRefused('canceling'),
    );
  }
});

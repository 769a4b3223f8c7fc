import { ALWAYS } from '@viaduct/domain';
import { expect, test } from 'vitest';
import { claimChunk } from './claims.ts';
import { enterRequest, openWorld, readEffect, readJob, readRequest, runJob } from './harness/world.ts';
import type { World } from './harness/world.ts';
import type { RunRef } from './refs.ts';
import { applyJobRequest, refuseRequest } from './requests.ts';
import type { JobRequest } from './requests.ts';
import { beginCancel, beginRun, endRun } from './runs.ts';
import { beginTask, settleTask } from './tasks.ts';

type Wish = JobRequest extends infer R ? (R extends JobRequest ? Omit<R, keyof RunRef | 'requestId'> : never) : never;
const PAUSE = { action: 'pause', mode: 'interrupt' } as const;
const RETRY = { action: 'retry', requeue: 'failed' } as const;

async function ask(world: World, run: RunRef, wish: Wish) {
  const requestId = await enterRequest(world, run, wish.action);
  const effect = await applyJobRequest(world.database.pool, { ...run, requestId, ...wish });
  return { ...effect, request: await readRequest(world, requestId) };
}

const stateOf = async (world: World, { jobId }: RunRef) => (await readJob(world, jobId)).state;

test('pausing a job shows pausing while a task runs, then paused; resuming shows running', async () => {
  await using world = await openWorld();
  const run = await runJob(world, 2);
  await beginTask(world.database.pool, { ...run, taskNo: 1 });
  expect(await ask(world, run, PAUSE)).toEqual({ requeued: 0, request: 'applied' });
  expect(await stateOf(world, run)).toBe('pausing');
  await settleTask(world.database.pool, { ...run, taskNo: 1, to: 'pending' });
  expect(await stateOf(world, run)).toBe('paused');
  expect((await ask(world, run, { action: 'resume' })).request).toBe('applied');
  expect(await stateOf(world, run)).toBe('running');
  expect((await readJob(world, run.jobId)).controlBy).toBe(world.userId);
});

test('a drained job of which nothing is left is not shown as paused: it is about to end', async () => {
  await using world = await openWorld();
  const run = await runJob(world, 2);
  await beginTask(world.database.pool, { ...run, taskNo: 1 });
  await settleTask(world.database.pool, { ...run, taskNo: 2, to: 'canceled' });
  await ask(world, run, { action: 'pause', mode: 'drain' });
  expect(await stateOf(world, run)).toBe('pausing');
  await settleTask(world.database.pool, { ...run, taskNo: 1, to: 'failure' });
  expect(await stateOf(world, run)).toBe('running');
  await endRun(world.database.pool, { ...run, outcome: 'completed' });
  expect(await stateOf(world, run)).toBe('failure');
});

test('a job of which every task was canceled one by one ends as canceled', async () => {
  await using world = await openWorld();
  const run = await runJob(world, 2);
  for (const taskNo of [1, 2]) await settleTask(world.database.pool, { ...run, taskNo, to: 'canceled' });
  expect(await stateOf(world, run)).toBe('running');
  await endRun(world.database.pool, { ...run, outcome: 'completed' });
  expect(await stateOf(world, run)).toBe('canceled');
});

test('requests that make no sense are refused with a reason', async () => {
  await using world = await openWorld();
  const run = await runJob(world, 1);
  const asked = async (wish: Wish) => (await ask(world, run, wish)).request;
  expect(await asked({ action: 'resume' })).toBe('refused: not-paused');
  expect(await asked(RETRY)).toBe('refused: nothing-failed');
  expect(await asked({ action: 'retry', requeue: 'warnings' })).toBe('refused: nothing-warned');
  expect(await asked({ action: 'retry', requeue: 'all' })).toBe('refused: not-ended');
  await beginCancel(world.database.pool, run);
  expect(await asked(PAUSE)).toBe('refused: canceling');
  await endRun(world.database.pool, { ...run, outcome: 'canceled' });
  expect(await asked(PAUSE)).toBe('refused: job-ended');
  const late = await enterRequest(world, run, 'pause');
  await refuseRequest(world.database.pool, { requestId: late, reason: 'job-ended' });
  expect(await readRequest(world, late)).toBe('refused: job-ended');
});

test('retrying a running job requeues what failed, and counts it once however often it is applied', async () => {
  await using world = await openWorld();
  const { pool } = world.database;
  const run = await runJob(world, 3);
  await settleTask(pool, { ...run, taskNo: 2, to: 'failure', cause: 'silent-peer' });
  const requestId = await enterRequest(world, run, 'retry-failed');
  for (let turn = 0; turn < 2; turn++) {
    expect(await applyJobRequest(pool, { ...run, requestId, ...RETRY })).toEqual({ requeued: 1 });
    expect(await readEffect(world, requestId)).toMatchObject({ state: 'applied', changed: 1 });
  }
  expect((await claimChunk(pool, { ...run, chunkNo: 2, size: 9 })).tasks).toMatchObject([{ taskNo: 2 }]);
});

test('a new schedule and urgency are the job’s from then on', async () => {
  await using world = await openWorld();
  const { pool } = world.database;
  const run = await runJob(world, 1);
  const schedule = { ...ALWAYS, notBefore: '2026-12-01T20:00:00Z' };
  const change = async (value?: typeof schedule) =>
    applyJobRequest(pool, {
      ...run,
      action: 'set-schedule',
      requestId: await enterRequest(world, run, 'set-schedule', { value }),
    });
  expect(await change(schedule)).toEqual({ requeued: 0 });
  expect((await beginRun(pool, run)).gates.schedule).toEqual(schedule);
  await change();
  expect((await readJob(world, run.jobId)).schedule).toBeNull();
  expect(await ask(world, run, { action: 'set-priority', urgent: true })).toEqual({ requeued: 0, request: 'applied' });
  expect((await beginRun(pool, run)).gates).toMatchObject({ schedule: ALWAYS, urgent: true });
});

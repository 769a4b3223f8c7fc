import { randomUUID } from 'node:crypto';
import { enqueue, openDatabase, type Database } from '@viaduct/prisma';
import { testDatabase, type TestDatabase } from '@viaduct/testing';
import pino from 'pino';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { fakeEngine, type FakeEngine } from '../harness/fakes.ts';
import { deliverDue } from './outbox.ts';
import { reconcile } from './reconcile.ts';

const log = pino({ level: 'silent' });
let postgres: TestDatabase;
let database: Database;
let engine: FakeEngine;
beforeEach(async () => {
  postgres = await testDatabase();
  database = openDatabase({ connectionString: postgres.connectionString, poolSize: 4 });
  engine = fakeEngine();
});
afterEach(async () => {
  await database.close();
  await postgres[Symbol.asyncDispose]();
});

const deliver = () => deliverDue(database.pool, engine, log);
const due = () => database.pool.query('UPDATE outbox SET next_attempt_at = now() WHERE done_at IS NULL');
const waiting = () => database.client.outbox.count({ where: { doneAt: null } });

/** A job with one run, as far as the outbox and the reconciler look at it. */
async function job(runState: 'requested' | 'running' | 'ended' = 'running'): Promise<string> {
  const id = randomUUID();
  const user = await database.client.user.create({ data: { id, name: id, email: `${id}@example.invalid` } });
  const project = await database.client.project.create({ data: { name: id, sealedKey: new Uint8Array(1) } });
  await database.client.job.create({
    data: { id, kind: 'selective', projectId: project.id, ownerId: user.id, idempotencyKey: id, pseudonymize: true },
  });
  const endedAt = runState === 'ended' ? new Date(Date.now() - 3_600_000) : null;
  await database.client.jobRun.create({ data: { jobId: id, runNo: 1, state: runState, endedAt } });
  return id;
}
const workflow = (jobId: string) => `job/${jobId}/run/1`;
const start = (jobId: string) =>
  enqueue(database.pool, {
    kind: 'start',
    workflowId: workflow(jobId),
    payload: { jobId, runNo: 1, priorityKey: 3 },
    priority: 3,
  });
const signal = (jobId: string, signalName: string) =>
  enqueue(database.pool, { kind: 'signal', workflowId: workflow(jobId), signalName, payload: {}, priority: 1 });

test('messages of a workflow go in their order, a start before everything', async () => {
  const id = await job();
  await signal(id, 'pause');
  await signal(id, 'resume');
  await start(id);
  while ((await deliver()).done > 0);
  expect(engine.told).toEqual(['start', 'pause', 'resume'].map((what) => `${what} ${workflow(id)}`));
});

test('a message that fails is tried later, and those behind it wait', async () => {
  const id = await job();
  await start(id);
  await signal(id, 'pause');
  engine.down = true;
  const tried = new Date();
  expect(await deliver()).toEqual({ done: 0, failed: 1 });
  const { nextAttemptAt } = await database.client.outbox.findFirstOrThrow({ orderBy: { id: 'asc' } });
  expect(nextAttemptAt.getTime()).toBeGreaterThan(tried.getTime());
  await database.pool.query(`UPDATE outbox SET next_attempt_at = now() + interval '1 hour' WHERE attempts > 0`);
  engine.down = false;
  expect(await deliver()).toEqual({ done: 0, failed: 0 });
  await due();
  while ((await deliver()).done > 0);
  expect(engine.told).toEqual([`start ${workflow(id)}`, `pause ${workflow(id)}`]);
  const first = await database.client.outbox.findFirstOrThrow({ orderBy: { id: 'asc' } });
  expect(first).toMatchObject({ attempts: 1, lastError: 'Error' });
});

test('a workflow that fails holds up no other', async () => {
  const [lost, fine] = [await job(), await job()];
  await signal(lost, 'pause');
  await start(fine);
  expect(await deliver()).toEqual({ done: 1, failed: 1 });
});

test('several processes deliver each message once and in order', async () => {
  const ids = await Promise.all(Array.from({ length: 30 }, () => job()));
  for (const id of ids) {
    await start(id);
    for (const name of ['pause', 'resume', 'retryFailed']) await signal(id, name);
  }
  const deliverAll = async () => {
    while ((await waiting()) > 0) await deliver();
  };
  await Promise.all([deliverAll(), deliverAll(), deliverAll()]);
  for (const id of ids) {
    const own = engine.told.filter((line) => line.endsWith(workflow(id))).map((line) => line.split(' ')[0]);
    expect(own).toEqual(['start', 'pause', 'resume', 'retryFailed']);
  }
});

test('a lost workflow is started again by the reconciler, and its messages follow', async () => {
  const id = await job('running');
  await signal(id, 'pause');
  expect(await deliver()).toEqual({ done: 0, failed: 1 });
  expect(await reconcile(database.pool, engine, log)).toEqual({ started: 1, ended: 0, canceled: 0 });
  expect(await reconcile(database.pool, engine, log)).toEqual({ started: 0, ended: 0, canceled: 0 });
  await due();
  while ((await deliver()).done > 0);
  expect(engine.told).toEqual([`start ${workflow(id)}`, `pause ${workflow(id)}`]);
});

test.each(['canceled', 'failed'] as const)('a run whose workflow is %s ends in the database', async (state) => {
  const id = await job('running');
  engine.states.set(workflow(id), state);
  expect(await reconcile(database.pool, engine, log)).toEqual({ started: 0, ended: 1, canceled: 0 });
  expect(await database.client.jobRun.findFirst({ where: { jobId: id } })).toMatchObject({ state: 'ended' });
});

test('a workflow that runs although its run has ended is canceled', async () => {
  const [ended, fine] = [await job('ended'), await job('running')];
  for (const id of [ended, fine]) engine.states.set(workflow(id), 'running');
  expect(await reconcile(database.pool, engine, log)).toEqual({ started: 0, ended: 0, canceled: 1 });
  expect(engine.told).toEqual([`cancel ${workflow(ended)}`]);
});

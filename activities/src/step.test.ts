import { setTimeout as delay } from 'node:timers/promises';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { readSettings } from '@viaduct/configuration';
import { waitForSlot } from '@viaduct/pacs';
import { acquireSlot, beginRun, beginTask, claimChunk, createJob, openDatabase, slotJobs } from '@viaduct/prisma';
import { testDatabase, waitFor } from '@viaduct/testing';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { StepError } from './failures.ts';
import { callOf, runStep, type StepRun } from './step.ts';

const SOON_MS = 300;

/** A running task, and a way to run attempts of its retrieve as Temporal does. */
async function openTask() {
  const empty = await testDatabase();
  const database = openDatabase(empty);
  const { client, pool } = database;
  const user = await client.user.create({ data: { id: 'u', name: 'Ada', email: 'ada@example.org' } });
  const project = await client.project.create({ data: { name: 'P', sealedKey: new Uint8Array(1) } });
  const node = await client.node.create({ data: { kind: 'server', name: 'A', maxAssociations: 1 } });
  const [projectId, ownerId] = [project.id, user.id];
  const options = { kind: 'selective', idempotencyKey: 'k', title: '', trialId: '', trialName: '', urgent: false };
  const tasks = [{ sourceId: node.id, destinationId: node.id, studyInstanceUid: '1.2' }];
  const { id: jobId, number } = await createJob(
    pool,
    { ...options, projectId, ownerId, pseudonymize: false, tasks },
    () => ({ kind: 'start', workflowId: 'w', payload: {}, priority: 3 }),
  );
  const task = { jobId, runNo: 1, taskNo: 1 };
  await beginRun(pool, task);
  await claimChunk(pool, { ...task, chunkNo: 1, size: 1 });
  await beginTask(pool, task);
  const settings = readSettings({ VIADUCT_RETRY_INTERVAL_MS: '100' });
  const dependencies = { database, hostId: 'h', settings, log: pino({ level: 'silent' }) };
  const environment = new MockActivityEnvironment();
  return {
    database,
    nodeId: node.id,
    number,
    environment,
    attempt: (deadlineAt: number | null, work: (run: StepRun) => Promise<unknown>) =>
      environment.run(() => runStep(dependencies, 'retrieve', { ...task, partNo: 1, deadlineAt }, work)),
    steps: async () =>
      (await client.step.findMany({ orderBy: { id: 'asc' } })).map(({ outcome, cause }) => `${outcome} ${cause}`),
    wait: async () => (await client.task.findFirstOrThrow()).wait,
    async [Symbol.asyncDispose]() {
      await database.close();
      await empty[Symbol.asyncDispose]();
    },
  };
}

const untilAborted = async ({ signal }: StepRun) => {
  await delay(60_000, undefined, { signal });
};
const WINDOW_CLOSED = { type: 'window-closed', nonRetryable: true };

test('a step ends at its deadline, which is neither its failure nor that of the node', async () => {
  await using opened = await openTask();
  const { database, nodeId, attempt, steps } = opened;
  const failure = attempt(Date.now() + SOON_MS, untilAborted);
  await expect(failure).rejects.toBeInstanceOf(ApplicationFailure);
  await expect(failure).rejects.toMatchObject(WINDOW_CLOSED);
  expect(await steps()).toEqual(['canceled null']);
  expect(await database.client.node.findUnique({ where: { id: nodeId } })).toMatchObject({ lastCause: null });
});

test('what goes wrong once the window has closed is not called a failure either', async () => {
  await using opened = await openTask();
  const { attempt, steps } = opened;
  const failure = attempt(Date.now() + SOON_MS, async (run) => {
    await untilAborted(run).catch(() => undefined);
    throw new StepError('aborted-by-peer');
  });
  await expect(failure).rejects.toMatchObject(WINDOW_CLOSED);
  expect(await steps()).toEqual(['canceled null']);
});

test('a step that comes after its deadline does not begin', async () => {
  await using opened = await openTask();
  const { attempt, steps } = opened;
  let begun = false;
  await expect(attempt(Date.now() - 1, async () => (begun = true))).rejects.toMatchObject(WINDOW_CLOSED);
  expect(begun).toBe(false);
  expect(await steps()).toEqual([]);
});

test.each([null, 3_600_000, 60 * 86_400_000])(
  'a deadline that lies %s ms ahead leaves a step alone that is done before',
  async (ahead) => {
    await using opened = await openTask();
    const deadlineAt = ahead === null ? null : Date.now() + ahead;
    expect(await opened.attempt(deadlineAt, async () => 'done')).toBe('done');
    expect(await opened.steps()).toEqual(['done null']);
  },
);

test('a cancel is told from the close of a window, also when both come', async () => {
  await using opened = await openTask();
  const { attempt, environment, steps } = opened;
  const canceled = attempt(Date.now() + SOON_MS, async (run) => {
    environment.cancel();
    await untilAborted(run).catch(() => undefined);
    await delay(2 * SOON_MS);
    run.signal.throwIfAborted();
  });
  await expect(canceled).rejects.toBeInstanceOf(CancelledFailure);
  expect(await steps()).toEqual(['canceled null']);
});

test('attempts that a window ended do not count towards giving up', async () => {
  await using opened = await openTask();
  const { attempt } = opened;
  const fail = () =>
    attempt(null, async () => {
      throw new StepError('aborted-by-peer');
    });
  await expect(fail()).rejects.toMatchObject({ nextRetryDelay: 100 });
  for (let night = 0; night < 8; night++) {
    await expect(attempt(Date.now() + 20, untilAborted)).rejects.toMatchObject(WINDOW_CLOSED);
  }
  await expect(fail()).rejects.toMatchObject({ nonRetryable: false, nextRetryDelay: 200 });
});

test('a step shows what it waits for, and holds its slot in the name of its job', async () => {
  await using opened = await openTask();
  const { database, nodeId, number, attempt, wait } = opened;
  const other = await acquireSlot(database.pool, { nodeId, holder: 'other', ttlMs: 60_000 });
  const done = attempt(null, async (run) => {
    const call = callOf(run, nodeId);
    const until = new Date('2026-11-21T22:00:00Z');
    await call.onRate(until);
    expect(await wait()).toEqual({ kind: 'rate', nodeId, until: until.toISOString() });
    await call.onRate(null);
    expect(await wait()).toBeNull();
    await using held = await waitForSlot(nodeId, { database, holder: 'h/retrieve', ttlMs: 60_000, ...call });
    expect(held.slot.nodeId).toBe(nodeId);
    return await slotJobs(database.pool, [nodeId]);
  });
  const shown = { kind: 'slot', nodeId, used: 1, of: 1 };
  await waitFor(async () => JSON.stringify(await wait()).includes('slot'), { deadlineMs: 10_000 });
  expect(await wait()).toEqual(shown);
  await database.pool.query(`UPDATE pacs_slot SET expires_at = '-infinity' WHERE fence = $1`, [other?.fence]);
  expect(await done).toEqual(new Map([[nodeId, [number]]]));
});

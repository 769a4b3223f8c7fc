import { expect, test } from 'vitest';
import { enterRequest, instances, openWorld, readJob, readRequest, readTask, runJob } from './harness/world.ts';
import { advance, expectInstances } from './ledger.ts';
import type { LedgerStep } from './ledger.ts';
import { planParts } from './plan.ts';
import { endRun } from './runs.ts';
import { applyTasksRequest } from './taskRequests.ts';
import { settleVerification } from './verification.ts';
import { readWithheld } from './withheld.ts';

async function openTask(steps: readonly Omit<LedgerStep, 'sopInstanceUid'>[], announced = 0) {
  const world = await openWorld();
  const { pool } = world.database;
  const run = await runJob(world, 1);
  const task = { ...run, taskNo: 1 };
  const { id: taskId } = await readTask(world, task);
  const rows = instances(steps.length);
  await expectInstances(pool, taskId, rows, announced);
  await planParts(pool, task);
  const uid = (index: number) => rows[index]?.sopInstanceUid ?? '';
  const moves = steps.map((step, index) => ({ ...step, sopInstanceUid: uid(index) }));
  const direct = ['missing', 'failed', 'quarantined'];
  await advance(
    pool,
    taskId,
    moves.filter((move) => direct.includes(move.to)),
  );
  const on = moves.filter((move) => !direct.includes(move.to));
  await advance(
    pool,
    taskId,
    on.map((move) => ({ sopInstanceUid: move.sopInstanceUid, to: 'retrieved', bytes: 10 })),
  );
  await advance(pool, taskId, on);
  const verify = (present: number[], absent: number[], lastRound: boolean) =>
    settleVerification(pool, {
      ...task,
      present: present.map(uid),
      absent: absent.map(uid),
      lastRound,
      manifest: { software: 'test' },
    });
  return { world, pool, run, task, taskId, uid, verify, [Symbol.asyncDispose]: () => world[Symbol.asyncDispose]() };
}
const stored = { to: 'stored' } as const;

test('everything present is a success with a manifest', async () => {
  await using opened = await openTask([stored, stored]);
  const { world, pool, run, task, verify } = opened;
  expect(await verify([0, 1], [], false)).toEqual({ done: true, missing: 0 });
  expect(await verify([], [0, 1], true)).toEqual({ done: true, missing: 0 });
  const row = await readTask(world, task);
  expect(row).toMatchObject({ state: 'success', cause: null, instancesVerified: 2 });
  expect(row.manifest).toMatchObject({
    software: 'test',
    outcome: 'success',
    missing: 0,
    instances: [{ sopInstanceUid: '1.9.1.1', state: 'verified', bytes: 10 }, { state: 'verified' }],
  });
  await endRun(pool, { ...run, outcome: 'completed' });
  expect((await readJob(world, run.jobId)).state).toBe('success');
});

test('series that were left out are listed with their reason, in the manifest as in the job', async () => {
  await using opened = await openTask([stored, { to: 'excluded', cause: 'left-out' }]);
  const { world, pool, run, task, taskId, verify } = opened;
  const notes = [1, 2].map((no) => ({ sopInstanceUid: `1.8.${no}`, seriesInstanceUid: '1.8', modality: 'PR' }));
  await expectInstances(
    pool,
    taskId,
    notes.map((note) => ({ ...note, seriesNumber: '3', seriesDescription: 'Notes', excluded: true })),
  );
  await verify([0], [], true);
  const ofModality = { seriesInstanceUid: '1.8', modality: 'PR', seriesNumber: '3', state: 'excluded' };
  const leftOut = { state: 'excluded', because: 'left-out', instances: 1 };
  const expected = [leftOut, { ...ofModality, because: 'modality', instances: 2 }];
  expect(await readWithheld(pool, run.jobId, 9)).toMatchObject(expected);
  expect(await readWithheld(pool, run.jobId, 1)).toHaveLength(1);
  const { withheld } = (await readTask(world, task)).manifest as { withheld: { seriesInstanceUid: string }[] };
  const byUid = withheld.toSorted(
    (a, b) => Number(a.seriesInstanceUid === '1.8') - Number(b.seriesInstanceUid === '1.8'),
  );
  expect(byUid).toMatchObject(expected);
  expect(JSON.stringify(withheld)).not.toContain('Notes');
});

test('gaps are expected again while a round follows', async () => {
  await using opened = await openTask([
    stored,
    stored,
    { to: 'missing', cause: 'instance-withheld' },
    { to: 'failed', cause: 'status-failure' },
  ]);
  const { world, pool, task, verify } = opened;
  expect(await verify([0], [1], false)).toEqual({ done: false, missing: 3 });
  expect(await readTask(world, task)).toMatchObject({ state: 'running', instancesVerified: 1, instancesFailed: 0 });
  expect((await planParts(pool, task)).parts).toHaveLength(1);
});

test('after the last round every gap has its cause, and the task names the most frequent', async () => {
  await using opened = await openTask([
    stored,
    stored,
    { to: 'missing', cause: 'instance-withheld' },
    { to: 'missing', cause: 'instance-withheld' },
  ]);
  const { world, task, taskId, verify } = opened;
  expect(await verify([0], [1], true)).toEqual({ done: true, missing: 3 });
  expect(await readTask(world, task)).toMatchObject({
    state: 'failure',
    cause: 'instance-withheld',
    causeFacts: { missing: 3 },
    instancesFailed: 3,
  });
  const rows = await world.database.client.instance.findMany({ where: { taskId }, orderBy: { sopInstanceUid: 'asc' } });
  expect(rows.map((row) => `${row.state} ${row.cause}`)).toEqual([
    'verified null',
    'missing not-at-destination',
    'missing instance-withheld',
    'missing instance-withheld',
  ]);
});

test('a gap for which trying again makes no sense ends the task at once', async () => {
  await using opened = await openTask([stored, { to: 'quarantined', cause: 'instance-broken' }]);
  const { world, task, verify } = opened;
  expect(await verify([0], [], false)).toEqual({ done: true, missing: 1 });
  expect(await readTask(world, task)).toMatchObject({ state: 'failure', cause: 'instance-broken' });
});

test('attributes changed by the destination make a complete task a warning', async () => {
  await using opened = await openTask([stored, { to: 'coerced', storeStatus: 0xb000 }]);
  const { world, task, verify } = opened;
  expect(await verify([0, 1], [], false)).toEqual({ done: true, missing: 0 });
  expect(await readTask(world, task)).toMatchObject({
    state: 'warning',
    cause: 'attribute-coerced',
    causeFacts: { instances: 1 },
  });
});

test('what a source counted but never named is a failure, also when all that it named is there', async () => {
  await using opened = await openTask([stored], 3);
  const { world, task, verify } = opened;
  expect(await verify([0], [], false)).toEqual({ done: false, missing: 2 });
  expect(await verify([0], [], true)).toEqual({ done: true, missing: 2 });
  expect(await readTask(world, task)).toMatchObject({ state: 'failure', causeFacts: { missing: 2 } });
});

test('a task without any instance is a failure', async () => {
  await using opened = await openTask([]);
  const { world, task, verify } = opened;
  expect(await verify([], [], true)).toEqual({ done: true, missing: 0 });
  expect((await readTask(world, task)).state).toBe('failure');
});

test('the reason why a part failed is the cause of a gap', async () => {
  await using opened = await openTask([stored]);
  const { world, pool, task, uid } = opened;
  await settleVerification(pool, {
    ...task,
    present: [],
    absent: [uid(0)],
    lastRound: true,
    failed: { cause: 'silent-peer', facts: { waitedMs: 5 } },
    manifest: {},
  });
  expect(await readTask(world, task)).toMatchObject({ cause: 'silent-peer', causeFacts: { waitedMs: 5, missing: 1 } });
});

test('a cancel that comes too late is refused', async () => {
  await using opened = await openTask([stored]);
  const { world, run, verify } = opened;
  const request = await enterRequest(world, run, 'cancel', { taskNos: [1] });
  await applyTasksRequest(world.database.pool, { ...run, requestId: request, action: 'cancel' });
  await verify([0], [], false);
  expect(await readRequest(world, request)).toBe('refused: task-ended');
});

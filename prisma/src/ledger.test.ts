import { INSTANCE_STATES, mayFollow } from '@viaduct/domain';
import { expect, test } from 'vitest';
import { instances, openWorld, readJob, readTask, runJob } from './harness/world.ts';
import { advance, expectArrived, expectInstances, instancesOf, joinSteps, type LedgerStep } from './ledger.ts';

async function openTask() {
  const world = await openWorld();
  const run = await runJob(world, 1);
  const { id: taskId } = await readTask(world, { ...run, taskNo: 1 });
  return {
    world,
    pool: world.database.pool,
    taskId,
    run,
    ref: { ...run, taskNo: 1 },
    [Symbol.asyncDispose]: () => world[Symbol.asyncDispose](),
  };
}

test('expected instances are entered once, and counted on task and job', async () => {
  await using opened = await openTask();
  const { world, pool, taskId, ref } = opened;
  const rows = [...instances(3), { sopInstanceUid: '9.9', seriesInstanceUid: '9', excluded: true }];
  expect(await expectInstances(pool, taskId, rows)).toBe(3);
  expect(await expectInstances(pool, taskId, rows)).toBe(3);
  expect(await readTask(world, ref)).toMatchObject({ instancesExpected: 3, shortfall: 0 });
  expect(await readJob(world, ref.jobId)).toMatchObject({ instancesExpected: 3 });
});

test('what a source counts but does not name is a shortfall until it arrives', async () => {
  await using opened = await openTask();
  const { world, pool, taskId, ref } = opened;
  expect(await expectInstances(pool, taskId, instances(2), 5)).toBe(5);
  expect(await readTask(world, ref)).toMatchObject({ instancesExpected: 2, shortfall: 3 });
  expect(await readJob(world, ref.jobId)).toMatchObject({ instancesExpected: 5 });
  const arrived = instances(2, '1.9.2');
  await expectArrived(pool, taskId, 1, arrived);
  await expectArrived(pool, taskId, 1, arrived);
  expect(await readTask(world, ref)).toMatchObject({ instancesExpected: 4, shortfall: 1 });
  expect(await readJob(world, ref.jobId)).toMatchObject({ instancesExpected: 5 });
});

test('counters follow an instance through its states', async () => {
  await using opened = await openTask();
  const { world, pool, taskId, ref } = opened;
  await expectInstances(pool, taskId, instances(2));
  const [sopInstanceUid, other] = ['1.9.1.1', '1.9.1.2'];
  await advance(pool, taskId, [
    { sopInstanceUid, to: 'retrieved', hostId: 'h', bytes: 100, sha256: 'a'.repeat(64) },
    { sopInstanceUid: other, to: 'missing', cause: 'instance-withheld' },
  ]);
  expect(await readTask(world, ref)).toMatchObject({
    instancesRetrieved: 1,
    instancesFailed: 1,
    bytesRetrieved: 100n,
  });
  await advance(pool, taskId, [{ sopInstanceUid, to: 'pseudonymized', outBytes: 90, outSopInstanceUid: '2.25.1' }]);
  await advance(pool, taskId, [{ sopInstanceUid, to: 'coerced', storeStatus: 0xb000 }]);
  expect(await readJob(world, ref.jobId)).toMatchObject({ instancesStored: 1, bytesStored: 90n });
  await advance(pool, taskId, [{ sopInstanceUid, to: 'verified' }]);
  expect(await readJob(world, ref.jobId)).toMatchObject({ instancesStored: 1, instancesVerified: 1 });
  const [row] = await instancesOf(pool, { taskId, states: ['verified'] });
  expect(row).toMatchObject({
    bytes: 100,
    outBytes: 90,
    storeStatus: 0xb000,
    outSopInstanceUid: '2.25.1',
    hostId: 'h',
  });
});

test('the database allows exactly the transitions of the table', async () => {
  await using opened = await openTask();
  const { world, pool, taskId } = opened;
  const pairs = INSTANCE_STATES.flatMap((from) => INSTANCE_STATES.map((to) => ({ from, to })));
  await expectInstances(pool, taskId, instances(pairs.length));
  const rows = pairs.map((pair, index) => ({ ...pair, sopInstanceUid: `1.9.1.${index + 1}` }));
  await world.database.client.$transaction(
    rows.map(({ sopInstanceUid, from }) =>
      world.database.client.instance.update({
        where: { taskId_sopInstanceUid: { taskId, sopInstanceUid } },
        data: { state: from },
      }),
    ),
  );
  const { moved, refused } = await advance(pool, taskId, rows);
  const allowed = rows.filter(({ from, to }) => mayFollow(from, to));
  expect(moved).toBe(allowed.length);
  expect(new Set(refused.map((row) => row.sopInstanceUid))).toEqual(
    new Set(rows.filter(({ from, to }) => !mayFollow(from, to)).map((row) => row.sopInstanceUid)),
  );
});

test('a step that comes twice, also at the same time, moves once', async () => {
  await using opened = await openTask();
  const { world, pool, taskId, ref } = opened;
  await expectInstances(pool, taskId, instances(50));
  const forward = instances(50).map(({ sopInstanceUid }) => ({ sopInstanceUid, to: 'retrieved', bytes: 1 }) as const);
  const results = await Promise.all([
    advance(pool, taskId, forward),
    advance(pool, taskId, forward.toReversed()),
    advance(pool, taskId, forward),
  ]);
  expect(results.reduce((sum, result) => sum + result.moved, 0)).toBe(50);
  expect(await readTask(world, ref)).toMatchObject({ instancesRetrieved: 50, bytesRetrieved: 50n });
});

test('steps that follow each other come in one, wherever on the way the row stands', async () => {
  await using opened = await openTask();
  const { world, pool, taskId, ref } = opened;
  await expectInstances(pool, taskId, instances(2));
  const [sopInstanceUid, ahead] = ['1.9.1.1', '1.9.1.2'];
  const retrieved = { sopInstanceUid, to: 'retrieved', bytes: 100, hostId: 'h' } as const;
  const pseudonymized = { sopInstanceUid, to: 'pseudonymized', outBytes: 90 } as const;
  const stored = { sopInstanceUid, to: 'stored', storeStatus: 0 } as const;
  const two = joinSteps<LedgerStep>(retrieved, pseudonymized);
  const three = two && joinSteps<LedgerStep>(two, stored);
  expect(three).toEqual({ ...retrieved, ...pseudonymized, ...stored, via: ['retrieved', 'pseudonymized'] });
  await advance(pool, taskId, [{ ...retrieved, sopInstanceUid: ahead }]);
  const steps = three ? [three, { ...three, sopInstanceUid: ahead }] : [];
  expect((await advance(pool, taskId, steps)).moved).toBe(2);
  expect((await advance(pool, taskId, steps)).refused.map(({ state }) => state)).toEqual(['stored', 'stored']);
  expect(await readTask(world, ref)).toMatchObject({ instancesRetrieved: 2, instancesStored: 2, bytesStored: 180n });
  const { client } = world.database;
  expect(await client.instance.count({ where: { taskId, retrievedAt: { not: null }, storedAt: { not: null } } })).toBe(
    2,
  );
});

test('steps that do not follow each other, and steps back, stay two', () => {
  const step = (to: LedgerStep['to']): LedgerStep => ({ sopInstanceUid: '1', to });
  expect(joinSteps(step('retrieved'), step('verified'))).toBeUndefined();
  expect(joinSteps(step('retrieved'), step('expected'))).toBeUndefined();
});

test('rows of another part, and unknown ones, stay alone', async () => {
  await using opened = await openTask();
  const { pool, taskId } = opened;
  await expectInstances(pool, taskId, instances(1));
  const step = { sopInstanceUid: '1.9.1.1', to: 'retrieved' } as const;
  expect(await advance(pool, taskId, [step, { ...step, sopInstanceUid: '0.0' }], { partNo: 4 })).toEqual({
    moved: 0,
    refused: [{ sopInstanceUid: '1.9.1.1', state: 'expected' }],
  });
  expect(await advance(pool, taskId, [])).toEqual({ moved: 0, refused: [] });
});

test('text that PostgreSQL cannot hold loses only what it cannot hold', async () => {
  await using opened = await openTask();
  const { pool, taskId } = opened;
  await expectInstances(pool, taskId, [
    { sopInstanceUid: '1.1', seriesInstanceUid: '1', seriesDescription: 'Hals\0 \ud800 ü' },
  ]);
  expect((await instancesOf(pool, { taskId }))[0]?.seriesDescription).toBe('Hals \ufffd ü');
});

test('pages of the ledger follow each other', async () => {
  await using opened = await openTask();
  const { pool, taskId } = opened;
  await expectInstances(pool, taskId, instances(5));
  const page = await instancesOf(pool, { taskId, limit: 3 });
  const rest = await instancesOf(pool, { taskId, limit: 3, after: page.at(-1)?.sopInstanceUid });
  expect([...page, ...rest].map((row) => row.sopInstanceUid)).toEqual(instances(5).map((row) => row.sopInstanceUid));
});

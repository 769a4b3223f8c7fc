import { ALWAYS } from '@viaduct/domain';
import { expect, test } from 'vitest';
import { claimChunk, releaseChunk } from './claims.ts';
import { readGates, recordWait, signalNodeJobs } from './gates.ts';
import { enterJob, openWorld, readJob, runJob, taskStates } from './harness/world.ts';
import { beginRun, endRun } from './runs.ts';
import { beginTask, settleTask } from './tasks.ts';

const NIGHTS = { timeZone: 'Europe/Berlin', weekly: [{ days: [1, 2, 3, 4, 5], from: '22:00', to: '06:00' }] } as const;

test('the gates of a job are its schedule, its urgency and the hours of the nodes of its open tasks', async () => {
  await using world = await openWorld();
  const { pool, client } = world.database;
  const { sourceId, destinationId } = world;
  const third = await client.node.create({ data: { kind: 'folder', name: 'F', path: '/data', suspended: true } });
  const schedule = { ...ALWAYS, windows: NIGHTS, atClose: 'finish' as const };
  const task = { sourceId, destinationId, studyInstanceUid: '1.2' };
  const tasks = [task, { ...task, destinationId: third.id }];
  const run = { jobId: await enterJob(world, 2, { tasks, schedule, urgent: true }), runNo: 1 };
  await client.node.update({ where: { id: sourceId }, data: { windows: NIGHTS } });
  const [a, b, folder] = [
    { id: sourceId, windows: NIGHTS, suspended: false },
    { id: destinationId, windows: null, suspended: false },
    { id: third.id, windows: null, suspended: true },
  ];
  const { gates } = await beginRun(pool, run);
  expect(gates).toEqual({ schedule, urgent: true, nodes: [a, b, folder] });
  await settleTask(pool, { ...run, taskNo: 2, to: 'canceled' });
  expect((await readGates(pool, run)).nodes).toEqual([a, b]);
});

test('nothing is claimed between nodes that are closed, and it still counts as open', async () => {
  await using world = await openWorld();
  const { pool, client } = world.database;
  const { sourceId, destinationId } = world;
  const third = await client.node.create({ data: { kind: 'server', name: 'C' } });
  const between = (source: string, destination: string, studyInstanceUid: string) => ({
    sourceId: source,
    destinationId: destination,
    studyInstanceUid,
  });
  const tasks = [
    between(sourceId, destinationId, '1.1'),
    between(third.id, destinationId, '1.2'),
    between(destinationId, third.id, '1.3'),
    between(sourceId, destinationId, '1.4'),
  ];
  const run = { jobId: await enterJob(world, 4, { tasks }), runNo: 1 };
  await beginRun(pool, run);
  const claim = (chunkNo: number, closedNodes: string[]) => claimChunk(pool, { ...run, chunkNo, size: 9, closedNodes });
  expect(await claim(1, [sourceId, third.id])).toEqual({ tasks: [], open: 4, ended: false });
  expect(await claim(1, [third.id])).toMatchObject({ tasks: [{ taskNo: 1 }, { taskNo: 4 }], open: 2 });
  expect(await claim(2, [])).toMatchObject({ tasks: [{ taskNo: 2 }, { taskNo: 3 }], open: 0 });
});

test('tasks parked by the close of a window are given back and claimed again', async () => {
  await using world = await openWorld();
  const { pool } = world.database;
  const run = await runJob(world, 2);
  await beginTask(pool, { ...run, taskNo: 1 });
  await settleTask(pool, { ...run, taskNo: 1, to: 'pending' });
  await releaseChunk(pool, { ...run, chunkNo: 1, to: 'pending' });
  expect(await taskStates(world, run.jobId)).toEqual(['pending', 'pending']);
  expect((await claimChunk(pool, { ...run, chunkNo: 2, size: 9 })).tasks).toHaveLength(2);
});

test('a job waits when its workflow says so and nothing of it runs, until the run ends', async () => {
  await using world = await openWorld();
  const { pool } = world.database;
  const run = await runJob(world, 1);
  const stateOf = async () => (await readJob(world, run.jobId)).state;
  const wait = { kind: 'job-window', until: '2026-11-21T22:00:00.000Z' } as const;
  await recordWait(pool, { ...run, wait });
  expect(await readJob(world, run.jobId)).toMatchObject({ state: 'waiting', wait });
  await beginTask(pool, { ...run, taskNo: 1 });
  expect(await stateOf()).toBe('running');
  await settleTask(pool, { ...run, taskNo: 1, to: 'pending' });
  expect(await stateOf()).toBe('waiting');
  await recordWait(pool, { ...run, wait: null });
  expect(await stateOf()).toBe('running');
  await recordWait(pool, { ...run, wait });
  await endRun(pool, { ...run, outcome: 'completed' });
  await recordWait(pool, { ...run, wait });
  expect(await readJob(world, run.jobId)).toMatchObject({ state: 'failure', wait: null });
});

test('the jobs that have open tasks of a node are told when it changes, the others are not', async () => {
  await using world = await openWorld();
  const { pool, client } = world.database;
  const { sourceId, destinationId } = world;
  const third = await client.node.create({ data: { kind: 'server', name: 'C' } });
  const elsewhere = [{ sourceId, destinationId: third.id, studyInstanceUid: '1.2' }];
  const affected = await runJob(world, 2);
  const unaffected = { jobId: await enterJob(world, 1, { tasks: elsewhere }), runNo: 1 };
  await beginRun(pool, unaffected);
  const beginning = await enterJob(world, 1);
  const over = await runJob(world, 1);
  await endRun(pool, { ...over, outcome: 'canceled' });
  await client.outbox.deleteMany();
  const told = await signalNodeJobs(pool, destinationId, ({ jobId, runNo }) => ({
    kind: 'signal',
    workflowId: `${jobId}/${runNo}`,
    signalName: 'gatesChanged',
    payload: {},
    priority: 1,
  }));
  expect(told).toBe(2);
  const message = { kind: 'signal', signalName: 'gatesChanged', payload: {}, priority: 1 };
  expect(await client.outbox.findMany({ orderBy: { id: 'asc' } })).toMatchObject(
    [affected.jobId, beginning].map((jobId) => ({ ...message, workflowId: `${jobId}/1` })),
  );
});

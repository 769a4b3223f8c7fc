import { ALWAYS } from '@viaduct/domain';
import { expect, test } from 'vitest';
import { cloneJob } from './clone.ts';
import type { JobChanges } from './clone.ts';
import { deleteJob } from './endings.ts';
import { enterJob, openWorld, readJob, readTask, runJob, startOf } from './harness/world.ts';
import type { World } from './harness/world.ts';
import { RequestRefused } from './refusal.ts';
import { endRun } from './runs.ts';

const clone = (world: World, jobId: string, changes?: JobChanges, idempotencyKey = 'clone') =>
  cloneJob(world.database.pool, { jobId, ownerId: world.userId, idempotencyKey, changes }, startOf);

test('a clone has the same options and the same tasks, all of them still to be done', async () => {
  await using world = await openWorld();
  const { pool, client } = world.database;
  const schedule = { ...ALWAYS, notBefore: '2026-12-01T20:00:00Z' };
  const tasks = ['1.2', '1.3'].map((studyInstanceUid) => ({
    sourceId: world.sourceId,
    destinationId: world.destinationId,
    studyInstanceUid,
    seriesInstanceUids: ['1.2.1'],
    patientId: 'P',
    modalities: ['CT', 'SR'],
    pseudonym: 'X-1',
  }));
  const jobId = await enterJob(world, 2, { tasks, schedule, urgent: true, title: 'Night', trialId: 'T' });
  await endRun(pool, { jobId, runNo: 1, outcome: 'canceled' });
  const { id, number, created } = await clone(world, jobId);
  expect(created).toBe(true);
  expect(await readJob(world, id)).toMatchObject({
    number,
    state: 'pending',
    title: 'Night',
    trialId: 'T',
    urgent: true,
    schedule,
    pseudonymize: true,
    tasksPending: 2,
    tasksCanceled: 0,
  });
  expect(await readTask(world, { jobId: id, taskNo: 2 })).toMatchObject({
    ...tasks[1],
    state: 'pending',
    endedAt: null,
  });
  expect(await client.outbox.findMany({ where: { workflowId: `job/${id}/run/1` } })).toMatchObject([{ kind: 'start' }]);
  expect(await clone(world, jobId)).toEqual({ id, number, created: false });
});

test('options of a clone may be different', async () => {
  await using world = await openWorld();
  const { client } = world.database;
  const project = await client.project.create({ data: { name: 'Q', sealedKey: Buffer.alloc(1) } });
  const folder = await client.node.create({ data: { kind: 'folder', name: 'F', path: '/data' } });
  const task = { sourceId: world.sourceId, destinationId: world.destinationId, studyInstanceUid: '1.2' };
  const schedule = { ...ALWAYS, notBefore: '2026-12-01T20:00:00Z' };
  const jobId = await enterJob(world, 1, { schedule, tasks: [{ ...task, pseudonym: 'X-1' }] });
  const read = async (key: string, changes: JobChanges) => {
    const { id } = await clone(world, jobId, changes, key);
    return { ...(await readJob(world, id)), task: await readTask(world, { jobId: id, taskNo: 1 }) };
  };
  const changes = { title: 'New', projectId: project.id, urgent: true, trialId: 'T', schedule: null };
  const elsewhere = await read('elsewhere', { ...changes, destinationId: folder.id });
  expect(elsewhere).toMatchObject({ ...changes, task: { pseudonym: null, destinationId: folder.id } });
  expect((await read('same', {})).task.pseudonym).toBe('X-1');
  expect((await read('named', { projectId: project.id, pseudonym: 'Y-1' })).task.pseudonym).toBe('Y-1');
  expect(await read('plain', { pseudonymize: false })).toMatchObject({
    pseudonymize: false,
    task: { pseudonym: null },
  });
});

test('a job that is deleted or unknown is not cloned', async () => {
  await using world = await openWorld();
  const run = await runJob(world, 1);
  await endRun(world.database.pool, { ...run, outcome: 'canceled' });
  await deleteJob(world.database.pool, run.jobId);
  for (const jobId of [run.jobId, world.sourceId]) {
    await expect(clone(world, jobId)).rejects.toEqual(new RequestRefused('job-unknown'));
  }
});

import type { Job, TaskFilter, TasksActionInput } from '@viaduct/client';
import { beginRun, claimChunk, endRun, settleTask } from '@viaduct/prisma';
import { testDatabase, type TestDatabase } from '@viaduct/testing';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createdJob, jobBody, jobGround, type JobGround } from '../harness/jobs.ts';
import { startTestServer, type TestPerson, type TestServer } from '../harness/testServer.ts';

let postgres: TestDatabase;
let server: TestServer;
let person: TestPerson;
let ground: JobGround;
let job: Job;
beforeEach(async () => {
  postgres = await testDatabase();
  server = await startTestServer(postgres.connectionString);
  person = await server.person('researcher');
  ground = await jobGround(server);
  job = await createdJob(person, jobBody(ground, 5));
});
afterEach(async () => {
  await server[Symbol.asyncDispose]();
  await postgres[Symbol.asyncDispose]();
});

const run = () => ({ jobId: job.id, runNo: 1 });
const begin = async (size = 5) => {
  await beginRun(server.database.pool, run());
  await claimChunk(server.database.pool, { ...run(), chunkNo: 1, size });
};
const fail = (taskNo: number, cause: 'study-unknown' | 'not-at-destination', facts = {}) =>
  settleTask(server.database.pool, { ...run(), taskNo, to: 'failure', cause, facts });
const change = (taskNo: number, data: object) =>
  server.database.client.task.update({ where: { jobId_taskNo: { jobId: job.id, taskNo } }, data });
const list = async (query: object) => {
  const params = { path: { id: job.id }, query };
  return (await person.client.GET('/api/v1/jobs/{id}/tasks', { params })).data;
};
const numbers = async (query: object) => (await list(query))?.items.map(({ taskNo }) => taskNo);
const failures = async () =>
  (await person.client.GET('/api/v1/jobs/{id}/failures', { params: { path: { id: job.id } } })).data?.items;
const act = (body: TasksActionInput, who = person) =>
  who.client.POST('/api/v1/jobs/{id}/tasks/actions', { params: { path: { id: job.id } }, body });

describe('the list', () => {
  test('is paged by number, with the totals of the whole job', async () => {
    await begin();
    await fail(2, 'study-unknown');
    const first = await list({ limit: 2 });
    expect(first?.totals).toMatchObject({ pending: 4, failure: 1, total: 5 });
    const second = await list({ limit: 3, cursor: first?.nextCursor });
    expect([...(first?.items ?? []), ...(second?.items ?? [])].map(({ taskNo }) => taskNo)).toEqual([1, 2, 3, 4, 5]);
    expect(second?.nextCursor).toBeNull();
  });

  test('is filtered by state, cause, node and text', async () => {
    await begin();
    await fail(2, 'study-unknown');
    await fail(4, 'not-at-destination');
    await change(1, { studyDescription: 'CT Thorax 100%', accessionNumber: 'ACC-1', pseudonym: 'TRIAL-1' });
    await change(3, { patientId: 'P-33', patientName: 'Doe^Jane' });
    expect(await numbers({ state: ['failure'] })).toEqual([2, 4]);
    expect(await numbers({ state: ['failure', 'pending'] })).toEqual([1, 2, 3, 4, 5]);
    expect(await numbers({ cause: ['study-unknown'] })).toEqual([2]);
    expect(await numbers({ causeNodeId: ground.destinationId })).toEqual([4]);
    expect(await numbers({ nodeId: ground.destinationId })).toEqual([1, 2, 3, 4, 5]);
    expect(await numbers({ nodeId: ground.projectId })).toEqual([]);
    expect(await numbers({ q: 'thorax' })).toEqual([1]);
    expect(await numbers({ q: '100%' })).toEqual([1]);
    expect(await numbers({ q: '%' })).toEqual([1]);
    expect(await numbers({ q: 'acc' })).toEqual([1]);
    expect(await numbers({ q: 'trial-1' })).toEqual([1]);
    expect(await numbers({ q: 'jane' })).toEqual([3]);
    expect(await numbers({ q: 'P-3' })).toEqual([3]);
    expect(await numbers({ q: '1.2.5' })).toEqual([5]);
  });
});

describe('failures', () => {
  test('are grouped by cause and node, with words, numbers and the filter that chooses them', async () => {
    await begin();
    for (const taskNo of [1, 3, 5]) await fail(taskNo, 'not-at-destination', { missing: 4 });
    await fail(2, 'study-unknown');
    await server.database.client.task.updateMany({ where: { cause: 'not-at-destination' }, data: { shortfall: 4 } });
    const groups = await failures();
    expect(groups).toMatchObject([
      { studies: 3, instances: 12, node: { name: 'PACS B' }, taskNos: [1, 3, 5] },
      { studies: 1, instances: 0, node: { name: 'PACS A' }, taskNos: [2] },
    ]);
    expect(groups?.[0]?.failure.happened).toBe('PACS B accepted 12 images that it does not have.');
    expect(groups?.[0]?.failure.todo).toContain('retry');
    expect(await numbers(groups?.[0]?.filter ?? {})).toEqual([1, 3, 5]);
  });

  test('of one group are tried again, exactly those', async () => {
    await begin();
    for (const taskNo of [1, 3]) await fail(taskNo, 'not-at-destination');
    await fail(2, 'study-unknown');
    await endRun(server.database.pool, { ...run(), outcome: 'completed' });
    const group = (await failures())?.find(({ failure }) => failure.cause === 'not-at-destination');
    const filter: TaskFilter = group?.filter ?? {};
    const { data } = await act({ action: 'retry-failed', selection: { filter } });
    expect(data).toMatchObject({ effect: { studies: 2, senseless: [] }, request: { taskCount: 2, state: 'taken' } });
    await beginRun(server.database.pool, { jobId: job.id, runNo: 2 });
    expect(await numbers({ state: ['pending'] })).toEqual([1, 3]);
  });
});

describe('an action on several', () => {
  test('says in a dry run what it would do, and does nothing', async () => {
    await begin();
    await fail(1, 'study-unknown');
    await change(2, { state: 'running' });
    const { data } = await act({ action: 'cancel', selection: { taskNos: [1, 2, 3, 99] }, dryRun: true });
    expect(data).toMatchObject({ request: null, effect: { studies: 2, running: 1 } });
    expect(data?.effect.senseless).toEqual([
      { reason: 'The transfer of this study has already ended.', count: 1 },
      { reason: 'The job has no such study.', count: 1 },
    ]);
    expect(await server.database.client.request.count()).toBe(0);
  });

  test('is done for those that it makes sense for, and refused when there are none', async () => {
    await begin();
    await fail(1, 'study-unknown');
    const { data } = await act({ action: 'pause', mode: 'drain', selection: { taskNos: [1, 4, 2] } });
    expect(data?.request).toMatchObject({ action: 'pause', mode: 'drain', taskCount: 2, taskNo: null });
    const row = await server.database.client.request.findFirstOrThrow();
    expect(row.taskNos).toEqual([2, 4]);
    const senseless = await act({ action: 'resume', selection: { taskNos: [1] } });
    expect(senseless.error).toMatchObject({ status: 409, detail: 'The transfer of this study has already ended.' });
    expect((await act({ action: 'resume', selection: { filter: { q: 'nothing' } } })).error).toMatchObject({
      status: 409,
      detail: 'There is no such study.',
    });
  });

  test('of all of them is one on the job, unless that makes no sense for the job as a whole', async () => {
    await begin();
    await fail(1, 'study-unknown');
    const all = { filter: {} };
    const senseless = [{ reason: 'It is not paused.', count: 4 }];
    expect((await act({ action: 'resume', selection: all, dryRun: true })).data?.effect).toMatchObject({
      studies: 0,
      senseless: expect.arrayContaining(senseless) as unknown,
    });
    const paused = await act({ action: 'pause', selection: all });
    expect(paused.data).toMatchObject({ effect: { studies: 4 }, request: { action: 'pause', taskCount: 0 } });
    const restarted = await act({ action: 'restart', selection: all });
    expect(restarted.data).toMatchObject({ effect: { studies: 1 }, request: { action: 'restart', taskNo: 1 } });
  });

  test('is not for strangers', async () => {
    const stranger = await server.person('researcher');
    const { response } = await act({ action: 'cancel', selection: { filter: {} }, dryRun: true }, stranger);
    expect(response.status).toBe(404);
  });
});

test('the log tells requests, runs and failed steps by time, page by page', async () => {
  const { client } = server.database;
  await begin();
  const task = await client.task.findFirstOrThrow({ where: { jobId: job.id, taskNo: 3 } });
  const step = { taskId: task.id, runNo: 1, step: 'retrieve', attempt: 1, hostId: 'h', outcome: 'failed' };
  await client.step.create({ data: { ...step, cause: 'connection-refused', endedAt: new Date() } });
  await client.step.create({ data: { ...step, outcome: 'done', endedAt: new Date() } });
  await act({ action: 'pause', selection: { taskNos: [3] } });
  const params = { path: { id: job.id } };
  const read = async (query: object) =>
    (await person.client.GET('/api/v1/jobs/{id}/log', { params: { ...params, query } })).data;
  const entries = [];
  for (let cursor: string | null | undefined; cursor !== null;) {
    const page = await read({ limit: 1, ...(cursor && { cursor }) });
    entries.push(...(page?.items ?? []));
    cursor = page?.nextCursor ?? null;
  }
  expect(entries).toMatchObject([
    { kind: 'request', request: { action: 'pause', taskNo: 3 } },
    { kind: 'failure', taskNo: 3, step: 'retrieve', text: expect.stringContaining('PACS A') as string },
    { kind: 'run', event: 'started' },
    { kind: 'run', event: 'requested' },
  ]);
});

test('the ledger shows first what is amiss, page by page', async () => {
  const { client } = server.database;
  const task = await client.task.findFirstOrThrow({ where: { jobId: job.id, taskNo: 1 } });
  const row = (n: number, state: string) => ({
    taskId: task.id,
    sopInstanceUid: `1.3.${n}`,
    seriesInstanceUid: '1.2.1.1',
    seriesNumber: '1',
    instanceNumber: String(n),
    state,
    ...(state === 'missing' && { cause: 'instance-withheld', causeFacts: {} }),
  });
  await client.instance.createMany({
    data: [...[10, 9, 2].map((n) => row(n, 'verified')), row(30, 'missing'), row(20, 'failed')],
  });
  const page = async (query: object) => {
    const params = { path: { id: job.id, no: 1 }, query };
    return (await person.client.GET('/api/v1/jobs/{id}/tasks/{no}/ledger', { params })).data;
  };
  const seen: string[] = [];
  for (let cursor: string | null | undefined; cursor !== null;) {
    const answer = await page({ limit: 2, ...(cursor && { cursor }) });
    seen.push(...(answer?.items.map(({ instanceNumber }) => instanceNumber) ?? []));
    cursor = answer?.nextCursor ?? null;
  }
  expect(seen).toEqual(['30', '20', '2', '9', '10']);
  expect((await page({ state: ['missing'] }))?.items).toMatchObject([{ failure: { cause: 'instance-withheld' } }]);
});

test('series that are left out or held are listed by study', async () => {
  const { client } = server.database;
  const row = async (taskNo: number, sopInstanceUid: string, state: string, rest: object) => {
    const task = await client.task.findFirstOrThrow({ where: { jobId: job.id, taskNo } });
    const data = { taskId: task.id, sopInstanceUid, seriesInstanceUid: '1.4', state, modality: 'US', ...rest };
    await client.instance.create({ data });
  };
  await row(2, '1.4.1', 'held', {});
  await row(1, '1.4.2', 'excluded', { cause: 'left-out' });
  await row(1, '1.4.3', 'excluded', { modality: 'PR', seriesInstanceUid: '1.5' });
  await row(1, '1.4.4', 'verified', {});
  const params = { path: { id: job.id } };
  const { data } = await person.client.GET('/api/v1/jobs/{id}/withheld', { params });
  expect(data?.more).toBe(false);
  expect(data?.items.map(({ taskNo, modality, because }) => [taskNo, modality, because])).toEqual([
    [1, 'US', 'left-out'],
    [1, 'PR', 'modality'],
    [2, 'US', null],
  ]);
  const stranger = await server.person('researcher');
  expect((await stranger.client.GET('/api/v1/jobs/{id}/withheld', { params })).response.status).toBe(404);
});

test('the manifest of a task is a file', async () => {
  const url = `/api/v1/jobs/${job.id}/tasks/1/manifest`;
  expect((await server.fetch(url, { headers: person.headers })).status).toBe(404);
  const { client } = server.database;
  await client.task.updateMany({ where: { jobId: job.id, taskNo: 1 }, data: { manifest: { instances: [] } } });
  const answer = await server.fetch(url, { headers: person.headers });
  expect(answer.headers.get('content-disposition')).toMatch(/attachment; filename="viaduct-job-\d+-task-1\.json"/);
  expect(await answer.json()).toEqual({ instances: [] });
});

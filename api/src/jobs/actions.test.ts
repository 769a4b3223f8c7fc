import { beginRun, claimChunk, endRun, settleTask } from '@viaduct/prisma';
import { testDatabase, waitFor, type TestDatabase } from '@viaduct/testing';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createdJob, jobBody, jobGround } from '../harness/jobs.ts';
import { startTestServer, type TestPerson, type TestServer } from '../harness/testServer.ts';

let postgres: TestDatabase;
let server: TestServer;
let person: TestPerson;
let id: string;
beforeEach(async () => {
  postgres = await testDatabase();
  server = await startTestServer(postgres.connectionString);
  person = await server.person('researcher');
  id = (await createdJob(person, jobBody(await jobGround(server), 2))).id;
});
afterEach(async () => {
  await server[Symbol.asyncDispose]();
  await postgres[Symbol.asyncDispose]();
});

type Action = 'pause' | 'resume' | 'cancel' | 'retry-failed';
const act = (action: Action, mode?: 'interrupt' | 'drain') =>
  person.client.POST('/api/v1/jobs/{id}/actions', { params: { path: { id } }, body: { action, mode } });
const actOnTask = (no: number, action: Action) =>
  person.client.POST('/api/v1/jobs/{id}/tasks/{no}/actions', { params: { path: { id, no } }, body: { action } });
const run = (runNo: number) => ({ jobId: id, runNo });
const read = async () => (await person.client.GET('/api/v1/jobs/{id}', { params: { path: { id } } })).data;
/** What the worker would do: takes up the run and claims its tasks. */
const begin = async (runNo: number) => {
  await beginRun(server.database.pool, run(runNo));
  await claimChunk(server.database.pool, { ...run(runNo), chunkNo: 1, size: 10 });
};
const told = (count: number) =>
  waitFor(() => server.engine.told.length >= count, { what: `${count} messages` }).then(() => server.engine.told);

test('a request is shown as taken at once and delivered after the start', async () => {
  const { data, response } = await act('pause', 'drain');
  expect(response.status).toBe(202);
  expect(data).toMatchObject({ action: 'pause', mode: 'drain', state: 'taken', by: 'Some researcher', taskNo: null });
  expect(await told(2)).toEqual([`start job/${id}/run/1`, `pause job/${id}/run/1`]);
  expect(server.engine.messages[1]).toEqual({ requestId: data?.id, mode: 'drain' });
  expect((await read())?.requests).toMatchObject([{ id: data?.id, state: 'taken' }]);
});

test('a request about one task names it', async () => {
  const { data } = await actOnTask(2, 'cancel');
  expect(data).toMatchObject({ action: 'cancel', taskNo: 2 });
  expect((await told(2))[1]).toBe(`cancelTask job/${id}/run/1`);
  expect(server.engine.messages[1]).toEqual({ requestId: data?.id, taskNo: 2 });
  expect((await actOnTask(3, 'cancel')).error).toMatchObject({ status: 404 });
});

test('cancel of a job is the cancellation of its workflow', async () => {
  await act('cancel');
  expect((await told(2))[1]).toBe(`cancel job/${id}/run/1`);
});

test('what makes no sense is refused with the reason', async () => {
  expect((await act('resume')).error).toMatchObject({ status: 409, detail: 'It is not paused.' });
  expect((await act('retry-failed')).error).toMatchObject({ status: 409, type: 'urn:viaduct:problem:nothing-failed' });
  expect((await actOnTask(1, 'resume')).error).toMatchObject({ status: 409 });
  expect((await read())?.requests).toEqual([]);
});

test('trying again what failed in a job that has ended begins its next run', async () => {
  await begin(1);
  const { pool } = server.database;
  await settleTask(pool, { ...run(1), taskNo: 1, to: 'failure', cause: 'study-unknown', facts: {} });
  await endRun(pool, { ...run(1), outcome: 'completed' });
  expect(await read()).toMatchObject({ state: 'failure', actions: ['retry-failed'] });
  expect((await act('pause')).error).toMatchObject({ status: 409, detail: 'The job has already ended.' });

  expect((await actOnTask(1, 'retry-failed')).data).toMatchObject({ state: 'taken', taskNo: 1 });
  expect(await read()).toMatchObject({ state: 'pending' });
  expect((await told(2))[1]).toBe(`start job/${id}/run/2`);
  await begin(2);
  expect(await read()).toMatchObject({ state: 'running', requests: [{ state: 'applied' }] });
});

test('a failed task says in three sentences what happened', async () => {
  await begin(1);
  const facts = { host: '10.1.2.3', port: 104 };
  await settleTask(server.database.pool, { ...run(1), taskNo: 1, to: 'failure', cause: 'connection-refused', facts });
  const { data } = await person.client.GET('/api/v1/jobs/{id}/tasks/{no}', { params: { path: { id, no: 1 } } });
  expect(data).toMatchObject({ state: 'failure', actions: ['retry-failed'], steps: [] });
  expect(data?.failure).toMatchObject({ cause: 'connection-refused' });
  expect(data?.failure?.happened).toBe('PACS A does not accept connections on 10.1.2.3:104.');
});

test('a message for a job that has ended meanwhile is refused on its request', async () => {
  await begin(1);
  await told(1);
  server.engine.down = true;
  const { data } = await act('pause');
  const { pool, client } = server.database;
  await client.$executeRaw`UPDATE job_run SET state = 'ended' WHERE job_id = ${id}::uuid`;
  server.engine.states.set(`job/${id}/run/1`, 'completed');
  server.engine.down = false;
  await pool.query('UPDATE outbox SET next_attempt_at = now()');
  const request = await waitFor(async () => (await read())?.requests.find(({ state }) => state === 'refused'));
  expect(request).toMatchObject({ id: data?.id, reason: 'The job had already ended.' });
});

test('the ledger shows first what is amiss, page by page', async () => {
  const { client } = server.database;
  const task = await client.task.findFirstOrThrow({ where: { jobId: id, taskNo: 1 } });
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
    const params = { path: { id, no: 1 }, query };
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

test('the manifest of a task is a file', async () => {
  const url = `/api/v1/jobs/${id}/tasks/1/manifest`;
  expect((await server.fetch(url, { headers: person.headers })).status).toBe(404);
  const { client } = server.database;
  await client.task.updateMany({ where: { jobId: id, taskNo: 1 }, data: { manifest: { instances: [] } } });
  const answer = await server.fetch(url, { headers: person.headers });
  expect(answer.headers.get('content-disposition')).toMatch(/attachment; filename="viaduct-job-\d+-task-1\.json"/);
  expect(await answer.json()).toEqual({ instances: [] });
});

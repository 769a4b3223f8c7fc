import type { ActionInput, TaskActionInput } from '@viaduct/client';
import { applyJobRequest, beginRun, claimChunk, endRun, jobLock, settleTask, transaction } from '@viaduct/prisma';
import { testDatabase, waitFor, type TestDatabase } from '@viaduct/testing';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
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

const ask = (body: ActionInput, who = person) =>
  who.client.POST('/api/v1/jobs/{id}/actions', { params: { path: { id } }, body });
const act = (action: Exclude<ActionInput['action'], 'set-priority' | 'set-schedule'>, who = person) =>
  ask({ action }, who);
const actOnTask = (no: number, action: TaskActionInput['action']) =>
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
  const { data, response } = await ask({ action: 'pause', mode: 'drain' });
  expect(response.status).toBe(202);
  expect(data).toMatchObject({ action: 'pause', mode: 'drain', state: 'taken', by: 'Some researcher', taskNo: null });
  expect(await told(2)).toEqual([`start job/${id}/run/1`, `pause job/${id}/run/1`]);
  expect(server.engine.messages[1]).toEqual({ requestId: data?.id, mode: 'drain' });
  expect((await read())?.requests).toMatchObject([{ id: data?.id, state: 'taken' }]);
});

test('a request about one task names it', async () => {
  const { data } = await actOnTask(2, 'cancel');
  expect(data).toMatchObject({ action: 'cancel', taskNo: 2 });
  expect((await told(2))[1]).toBe(`cancelTasks job/${id}/run/1`);
  expect(server.engine.messages[1]).toEqual({ requestId: data?.id, tasks: true });
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
  expect(await read()).toMatchObject({ state: 'failure', actions: ['retry-failed', 'restart', 'clone', 'delete'] });
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
  expect(data).toMatchObject({ state: 'failure', actions: ['retry-failed', 'restart'], steps: [] });
  expect(data?.failure).toMatchObject({ cause: 'connection-refused' });
  expect(data?.failure?.happened).toBe('PACS A does not accept connections on 10.1.2.3:104.');
});

test.each([
  [{ action: 'set-priority', value: { urgent: true } }, 'setPriority', { priorityKey: 1 }],
  [{ action: 'set-schedule', value: { notBefore: '2030-01-01T00:00:00Z' } }, 'setSchedule', {}],
] as const)('%j reaches the workflow as %s', async (body, signal, message) => {
  const { data } = await ask(body, await server.person('operator'));
  expect(data).toMatchObject({ action: body.action, state: 'taken', taskCount: 0 });
  expect((await told(2))[1]).toBe(`${signal} job/${id}/run/1`);
  expect(server.engine.messages[1]).toEqual({ requestId: data?.id, ...message });
});

test('another schedule is kept whole with its request', async () => {
  const windows = { timeZone: 'Europe/Berlin', weekly: [{ days: [1, 5], from: '22:00', to: '06:00' }] };
  const { data } = await ask({ action: 'set-schedule', value: { windows } });
  const row = await server.database.client.request.findUniqueOrThrow({ where: { id: data?.id ?? '' } });
  expect(row.value).toEqual({ notBefore: null, windows, atClose: 'park', maxOverrunMs: 1_800_000 });
});

test.each([
  ['windows.timeZone', { windows: { timeZone: 'Moon/Base', weekly: [{ days: [1], from: '22:00', to: '06:00' }] } }],
  ['windows.weekly', { windows: { timeZone: 'Europe/Berlin', weekly: [] } }],
  ['windows.weekly.0.from', { windows: { timeZone: 'UTC', weekly: [{ days: [1], from: '25:00', to: '06:00' }] } }],
])('of a schedule %s is checked', async (path, value) => {
  const { error } = await ask({ action: 'set-schedule', value });
  expect(error).toMatchObject({ status: 422, errors: [{ path: `value.${path}` }] });
});

test('how urgent a job is can be changed only with the permission, and the page says so', async () => {
  expect((await ask({ action: 'set-priority', value: { urgent: true } })).error).toMatchObject({ status: 403 });
  const job = await read();
  expect(job?.actions).not.toContain('set-priority');
  expect(job?.whyNot['set-priority']).toBe('You may not change how urgent jobs are.');
  expect(job?.whyNot.resume).toBe('It is not paused.');
  expect(job?.whyNot['force-end']).toContain('Only those who operate');
  expect(Object.keys(job?.whyNot ?? {})).not.toContain('pause');
});

test('two people who act at once each get an answer of their own', async () => {
  await begin(1);
  const operator = await server.person('operator');
  const answers = await Promise.all([act('pause'), act('cancel', operator), act('pause', operator), act('cancel')]);
  expect(answers.map(({ response }) => response.status)).toEqual([202, 202, 202, 202]);
  expect((await read())?.requests.map(({ by }) => by).sort()).toEqual([
    'Some operator',
    'Some operator',
    'Some researcher',
    'Some researcher',
  ]);
  expect(await server.database.client.outbox.count()).toBe(5);
});

test.each([
  ['asleep', { wait: { kind: 'not-before' } }, 'waiting'],
  ['running', {}, 'running'],
  ['paused', { control: 'pause' }, 'paused'],
])('the schedule of a job that is %s can be changed', async (_how, data, state) => {
  await begin(1);
  await server.database.client.job.update({ where: { id }, data });
  expect((await read())?.state).toBe(state);
  const value = {
    notBefore: '2099-01-01T00:00:00.000Z',
    windows: null,
    atClose: 'finish',
    maxOverrunMs: 60_000,
  } as const;
  const { data: request } = await ask({ action: 'set-schedule', value });
  expect((await told(2))[1]).toBe(`setSchedule job/${id}/run/1`);
  await applyJobRequest(server.database.pool, { ...run(1), requestId: request?.id ?? '', action: 'set-schedule' });
  const now = await read();
  expect(now).toMatchObject({
    schedule: value,
    state,
    requests: [{ action: 'set-schedule', state: 'applied', changed: 2 }],
  });
});

/** What the workflow would do about a request. */
const apply = (requestId: string, action: 'pause' | 'resume') =>
  applyJobRequest(server.database.pool, {
    ...run(1),
    requestId,
    ...(action === 'pause' ? { action, mode: 'interrupt' } : { action }),
  });

test('who comes second is told how it is', async () => {
  const operator = await server.person('operator');
  await begin(1);
  await apply((await act('pause')).data?.id ?? '', 'pause');
  expect((await act('pause', operator)).error).toMatchObject({ status: 409, detail: 'It is already paused.' });
  await apply((await act('resume')).data?.id ?? '', 'resume');
  expect((await act('resume', operator)).error).toMatchObject({ status: 409, detail: 'It is not paused.' });
  await server.database.client.job.update({ where: { id }, data: { control: 'cancel' } });
  expect((await act('cancel', operator)).error).toMatchObject({ status: 409, detail: 'It is being canceled.' });
  expect((await act('pause', operator)).error).toMatchObject({ status: 409, detail: 'It is being canceled.' });
});

test('a job that something else is being done with for long says so', async () => {
  await begin(1);
  await transaction(
    server.database.pool,
    async () => {
      const asked = Promise.all(Array.from({ length: 12 }, () => act('pause')));
      for (const { error } of await asked)
        expect(error).toMatchObject({ status: 503, type: 'urn:viaduct:problem:busy' });
    },
    { lock: jobLock(id) },
  );
  expect((await act('pause')).data).toMatchObject({ state: 'taken' });
});

test('a request that was overtaken by another one says so', async () => {
  await begin(1);
  const [first, second] = [(await act('pause')).data, (await act('resume')).data];
  expect(second).toBeUndefined();
  await apply(first?.id ?? '', 'pause');
  const operator = await server.person('operator');
  const resumes = [await act('resume'), await act('resume', operator)];
  for (const { data } of resumes) await apply(data?.id ?? '', 'resume');
  expect((await read())?.requests).toMatchObject([
    { by: 'Some operator', action: 'resume', state: 'refused', reason: 'It was not paused.' },
    { by: 'Some researcher', action: 'resume', state: 'applied' },
    { action: 'pause', state: 'applied' },
  ]);
});

test('two people who try the same failed job again begin one further run', async () => {
  await begin(1);
  await settleTask(server.database.pool, { ...run(1), taskNo: 1, to: 'failure', cause: 'study-unknown', facts: {} });
  await endRun(server.database.pool, { ...run(1), outcome: 'completed' });
  const answers = await Promise.all([act('retry-failed'), act('retry-failed', await server.person('operator'))]);
  expect(answers.map(({ response }) => response.status).sort()).toEqual([202, 409]);
  expect(await server.database.client.jobRun.count({ where: { jobId: id } })).toBe(2);
});

describe('a job that hangs', () => {
  const force = (who: TestPerson) => who.client.POST('/api/v1/jobs/{id}/force-end', { params: { path: { id } } });

  test('is ended by those who operate, with its workflows, and keeps its studies', async () => {
    await begin(1);
    expect((await force(person)).response.status).toBe(403);
    const operator = await server.person('operator');
    expect((await force(operator)).data).toMatchObject({ action: 'force-end', state: 'applied', changed: 2 });
    expect(await read()).toMatchObject({ state: 'canceled', tasks: { canceled: 2, total: 2 } });
    expect((await told(2))[1]).toBe(`terminate job/${id}/run/1`);
    expect((await force(operator)).error).toMatchObject({ status: 409, detail: 'The job has already ended.' });
  });
});

describe('deleting', () => {
  const remove = (who = person) => who.client.DELETE('/api/v1/jobs/{id}', { params: { path: { id } } });

  test('a job that has ended is shown nowhere afterwards, and its ledger stays', async () => {
    expect((await remove()).error).toMatchObject({ status: 409, detail: 'It has not ended yet.' });
    await begin(1);
    await endRun(server.database.pool, { ...run(1), outcome: 'canceled' });
    expect((await remove(await server.person('researcher'))).response.status).toBe(404);
    expect((await remove()).response.status).toBe(204);
    expect(await read()).toBeUndefined();
    expect((await person.client.GET('/api/v1/jobs')).data?.items).toEqual([]);
    expect((await act('restart')).response.status).toBe(404);
    expect(await server.database.client.task.count({ where: { jobId: id } })).toBe(2);
  });
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

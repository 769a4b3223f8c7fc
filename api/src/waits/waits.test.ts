import type { Job, Wait } from '@viaduct/client';
import { acquireSlot, beginRun, claimChunk, hostSeen } from '@viaduct/prisma';
import { testDatabase, type TestDatabase } from '@viaduct/testing';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createdJob, jobBody, jobGround, type JobGround } from '../harness/jobs.ts';
import { readEvents } from '../harness/readEvents.ts';
import { startTestServer, type TestPerson, type TestServer } from '../harness/testServer.ts';

let postgres: TestDatabase;
let server: TestServer;
let person: TestPerson;
let ground: JobGround;
let job: Job;
beforeEach(async () => {
  postgres = await testDatabase();
  server = await startTestServer(postgres.connectionString);
  person = await server.person('operator');
  ground = await jobGround(server);
  job = await createdJob(person, jobBody(ground, 3));
});
afterEach(async () => {
  await server[Symbol.asyncDispose]();
  await postgres[Symbol.asyncDispose]();
});

const seen = () =>
  hostSeen(server.database.pool, {
    id: 'host-1',
    receiverAeTitle: 'RX',
    receiverHost: 'x',
    receiverPort: 11112,
    receiverUp: true,
    spoolFreeBytes: 1,
  });
const begin = async (jobId = job.id) => {
  await beginRun(server.database.pool, { jobId, runNo: 1 });
  await claimChunk(server.database.pool, { jobId, runNo: 1, chunkNo: 1, size: 10 });
};
const changeNode = (id: string, data: object) => server.database.client.node.update({ where: { id }, data });
const changeTask = (taskNo: number, data: object) =>
  server.database.client.task.update({ where: { jobId_taskNo: { jobId: job.id, taskNo } }, data });
const never = () => {
  const day = ((new Date().getUTCDay() + 2) % 7) + 1;
  return { timeZone: 'UTC', weekly: [{ days: [day], from: '00:00', to: '00:01' }] };
};

/** What the page of a job, the list, its tasks and the event stream say: all of them the same. */
async function waits(jobId = job.id): Promise<{ job: Wait | null; tasks: (Wait | null)[] }> {
  const { client } = person;
  const path = { id: jobId };
  const [page, rows, tasks] = await Promise.all([
    client.GET('/api/v1/jobs/{id}', { params: { path } }),
    client.GET('/api/v1/jobs'),
    client.GET('/api/v1/jobs/{id}/tasks', { params: { path } }),
  ]);
  const found = { job: page.data?.wait ?? null, tasks: tasks.data?.items.map(({ wait }) => wait) ?? [] };
  expect(rows.data?.items.find(({ id }) => id === jobId)?.wait).toEqual(found.job);
  const streamed = await firstEvents(jobId);
  expect(streamed).toEqual(found);
  return found;
}

async function firstEvents(jobId: string) {
  const leaving = new AbortController();
  const { headers } = person;
  const response = await server.fetch(`/api/v1/events?job=${jobId}`, { headers, signal: leaving.signal });
  let ofJob: Wait | null = null;
  try {
    for await (const { event, data } of readEvents(response)) {
      if (event === 'job') ofJob = (data as { wait: Wait | null }).wait;
      if (event !== 'tasks') continue;
      return { job: ofJob, tasks: (data as { rows: { wait: Wait | null }[] }).rows.map(({ wait }) => wait) };
    }
    throw new Error('the stream has ended');
  } finally {
    leaving.abort();
  }
}

const texts = ({ job: ofJob, tasks }: Awaited<ReturnType<typeof waits>>) => [
  ofJob?.text,
  ...tasks.map((wait) => wait?.text),
];

test('without a worker everything waits for one', async () => {
  const text = 'No worker is running; the work goes on as soon as one is there.';
  expect(texts(await waits())).toEqual([text, text, text, text]);
});

test('in the queue each study says how many go before it, those of other jobs too', async () => {
  await seen();
  const other = await createdJob(person, { ...jobBody(ground, 2), urgent: true });
  expect(texts(await waits())).toEqual([
    'Its turn comes after 2 others.',
    'Its turn comes after 2 others.',
    'Its turn comes after 3 others.',
    'Its turn comes after 4 others.',
  ]);
  expect(texts(await waits(other.id))).toEqual([
    'Its turn comes next.',
    'Its turn comes next.',
    'Its turn comes after 1 other.',
  ]);
});

test('a paused job says who paused it, and when', async () => {
  await seen();
  await begin();
  const data = { control: 'pause', controlBy: person.id, controlAt: '2026-11-21T14:02:00.000Z' };
  await server.database.client.job.update({ where: { id: job.id }, data });
  const { job: wait, tasks } = await waits();
  expect(wait).toMatchObject({ text: 'Paused by Some operator.', since: data.controlAt });
  expect(tasks).toEqual([wait, wait, wait]);
});

test('a study that was paused alone says who paused it, and when; so does a job of which nothing else is left', async () => {
  await seen();
  await begin();
  const requestedAt = '2026-11-21T14:02:00.000Z';
  const request = { jobId: job.id, userId: person.id, runNo: 1, action: 'pause', mode: 'drain', state: 'applied' };
  await server.database.client.request.create({ data: { ...request, taskNos: [2], requestedAt } });
  await changeTask(2, { state: 'paused', chunkNo: null });
  const paused = { kind: 'paused', text: 'Paused by Some operator.', since: requestedAt };
  expect((await waits()).tasks[1]).toMatchObject(paused);
  for (const taskNo of [1, 3]) await changeTask(taskNo, { state: 'success' });
  expect((await waits()).job).toMatchObject(paused);
});

test('a job before its start says until when', async () => {
  await seen();
  const schedule = { notBefore: '2099-01-01T00:00:00.000Z' };
  const later = await createdJob(person, { ...jobBody(ground), schedule });
  const wait = {
    kind: 'not-before',
    text: 'Not before its start time.',
    until: '2099-01-01T00:00:00.000Z',
    since: null,
    nodeId: null,
  };
  expect(await waits(later.id)).toEqual({ job: wait, tasks: [wait] });
});

test('a job outside its hours says when they begin', async () => {
  await seen();
  const outside = await createdJob(person, { ...jobBody(ground), schedule: { windows: never() } });
  const { job: wait, tasks } = await waits(outside.id);
  expect(wait).toMatchObject({ kind: 'job-window', text: 'Outside the hours of this job.' });
  expect(wait?.until).toMatch(/T00:00:00.000Z$/);
  expect(tasks).toEqual([wait]);
});

test('a node outside its hours is named, and only the studies between it and others wait', async () => {
  await seen();
  await begin();
  const other = await server.database.client.node.create({
    data: { kind: 'server', name: 'PACS C', aeTitle: 'C', host: 'x', port: 106, windows: never() },
  });
  await changeTask(2, { sourceId: other.id });
  await changeTask(1, { state: 'running' });
  const found = await waits();
  // Where its studies come from is remembered from before; what the tasks say is what counts.
  expect(found.tasks.map((wait) => wait?.kind)).toEqual([undefined, 'node-window', 'queued']);
  expect(found.tasks[1]).toMatchObject({ text: 'Outside the hours of PACS C.', nodeId: other.id });
});

test('a suspended node is named with the reason that its operator gave', async () => {
  await seen();
  await begin();
  const suspendedAt = '2026-11-21T09:31:00.000Z';
  await changeNode(ground.destinationId, { suspended: true, suspendedReason: 'Moves to another rack', suspendedAt });
  const { job: wait, tasks } = await waits();
  expect(wait).toEqual({
    kind: 'node-suspended',
    text: 'PACS B is suspended: Moves to another rack',
    until: null,
    since: suspendedAt,
    nodeId: ground.destinationId,
  });
  expect(tasks).toEqual([wait, wait, wait]);
});

test('a node whose associations are all in use is named with the jobs that hold them', async () => {
  await seen();
  await begin();
  const other = await createdJob(person, jobBody(ground));
  const slot = { nodeId: ground.sourceId, holder: 'h', ttlMs: 60_000 };
  for (let n = 0; n < 2; n++) await acquireSlot(server.database.pool, { ...slot, jobId: other.id });
  const wait = { kind: 'slot', nodeId: ground.sourceId, used: 2, of: 2 };
  await changeTask(1, { state: 'running', wait });
  await changeTask(2, { state: 'running', wait });
  const words = `2 of 2 connections to PACS A busy with job ${other.number}.`;
  expect(texts(await waits())).toEqual([`2 studies wait. ${words}`, words, words, expect.stringContaining('Its turn')]);
});

test.each([
  ['rate', 'PACS A takes no more requests this minute.'],
  ['source-down', 'PACS A does not answer.'],
  ['retry', 'PACS A is asked again in a moment.'],
  ['destination-down', 'PACS B does not answer.'],
  ['destination-full', 'There is no space left at PACS B.'],
  ['spool-full', 'The transfer disk is full.'],
  ['host-lost', 'The machine that held the images does not answer.'],
])('a study whose step waits (%s) says why and until when', async (kind, text) => {
  await seen();
  await begin();
  await changeTask(2, { state: 'success' });
  await changeTask(3, { state: 'success' });
  const nodeId = text.includes('PACS A') ? ground.sourceId : text.includes('PACS B') ? ground.destinationId : null;
  const until = '2099-01-01T00:00:00.000Z';
  await changeTask(1, { state: 'running', wait: { kind, until, ...(nodeId && { nodeId }) } });
  const wait = { kind, text, until, since: null, nodeId };
  expect(await waits()).toEqual({ job: wait, tasks: [wait, null, null] });
});

test('what has ended waits for nothing', async () => {
  await seen();
  await begin();
  await server.database.client.task.updateMany({ where: { jobId: job.id }, data: { state: 'success' } });
  await server.database.pool.query(`UPDATE job_run SET state = 'ended' WHERE job_id = $1`, [job.id]);
  expect(await waits()).toEqual({ job: null, tasks: [null, null, null] });
});

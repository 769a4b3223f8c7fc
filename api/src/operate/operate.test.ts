import { randomUUID } from 'node:crypto';
import { beginRun, claimChunk, endRun, hostSeen, settleTask, type ReceiverCalls } from '@viaduct/prisma';
import { testDatabase, type TestDatabase } from '@viaduct/testing';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createdJob, jobBody, jobGround, type JobGround } from '../harness/jobs.ts';
import { startTestServer, type TestPerson, type TestServer } from '../harness/testServer.ts';

let postgres: TestDatabase;
let server: TestServer;
let operator: TestPerson;
let ground: JobGround;
beforeEach(async () => {
  postgres = await testDatabase();
  server = await startTestServer(postgres.connectionString);
  operator = await server.person('operator');
  ground = await jobGround(server);
});
afterEach(async () => {
  await server[Symbol.asyncDispose]();
  await postgres[Symbol.asyncDispose]();
});

const host = (id: string, receiverUp = true, receiverCalls?: ReceiverCalls) =>
  hostSeen(server.database.pool, {
    id,
    receiverAeTitle: 'VIADUCT_RX',
    receiverHost: '0.0.0.0',
    receiverPort: 11112,
    receiverUp,
    spoolFreeBytes: 5_000_000,
    receiverCalls,
  });
const away = (id: string) =>
  server.database.pool.query(`UPDATE worker_host SET last_seen_at = now() - interval '5 minutes' WHERE id = $1`, [id]);
const begin = async (jobId: string, size = 10) => {
  await beginRun(server.database.pool, { jobId, runNo: 1 });
  await claimChunk(server.database.pool, { jobId, runNo: 1, chunkNo: 1, size });
};
const setTask = (jobId: string, taskNo: number, data: object) =>
  server.database.client.task.update({ where: { jobId_taskNo: { jobId, taskNo } }, data });
const queue = async (query: object = {}) => (await operator.client.GET('/api/v1/queue', { params: { query } })).data;
const dashboard = async (who = operator) => (await who.client.GET('/api/v1/dashboard')).data;

describe('the queue', () => {
  const whole = async (limit: number, query: object = {}) => {
    const seen: string[] = [];
    for (let cursor: string | null | undefined; cursor !== null;) {
      const page = await queue({ limit, ...query, ...(cursor && { cursor }) });
      seen.push(...(page?.items.map(({ job, taskNo }) => `${job.number}/${taskNo}`) ?? []));
      cursor = page?.nextCursor ?? null;
    }
    return seen;
  };

  test.each([1, 2, 100])('shows what runs, then what waits, urgent jobs first, in pages of %i', async (limit) => {
    const first = await createdJob(operator, jobBody(ground, 3));
    const second = await createdJob(operator, jobBody(ground, 2));
    const urgent = await createdJob(operator, { ...jobBody(ground, 2), urgent: true });
    const paused = await createdJob(operator, jobBody(ground, 1));
    for (const { id } of [first, second, paused]) await begin(id);
    await server.database.client.job.update({ where: { id: paused.id }, data: { control: 'pause' } });
    await setTask(second.id, 1, { state: 'running' });
    expect(await whole(limit)).toEqual([
      `${second.number}/1`,
      ...[1, 2].map((no) => `${urgent.number}/${no}`),
      ...[1, 2, 3].map((no) => `${first.number}/${no}`),
      `${second.number}/2`,
    ]);
  });

  test('says of each study why it waits, and whether anybody works on it', async () => {
    const { id } = await createdJob(operator, jobBody(ground, 2));
    expect(await queue()).toMatchObject({
      hasWorker: false,
      waiting: 2,
      running: 0,
      items: [{ wait: { kind: 'no-worker' } }, { wait: { kind: 'no-worker' } }],
    });
    await host('host-1');
    expect((await queue())?.items.map(({ wait }) => wait?.text)).toEqual([
      'Its turn comes next.',
      'Its turn comes after 1 other.',
    ]);
    expect((await queue({ nodeId: ground.sourceId }))?.items).toHaveLength(2);
    expect((await queue({ nodeId: randomUUID() }))?.items).toHaveLength(0);
    await begin(id);
    await server.database.client.task.updateMany({ where: { jobId: id }, data: { state: 'success' } });
    expect(await queue()).toMatchObject({ items: [], waiting: 0, running: 0, hasWorker: true });
  });

  test('that nobody works on makes the system not ready', async () => {
    const ready = async () =>
      (await operator.client.GET('/api/v1/ready')).data ?? (await (await server.fetch('/api/v1/ready')).json());
    await createdJob(operator, jobBody(ground, 2));
    expect(await ready()).toMatchObject({
      ok: false,
      checks: { queue: { ok: false, detail: 'nobody works on 2 studies' } },
    });
    await host('host-1');
    expect(await ready()).toMatchObject({ ok: true, checks: { queue: { ok: true, detail: '2 studies' } } });
  });
});

test('the receiver page says what a PACS administrator has to register', async () => {
  await host('host-1');
  await host('host-2', false);
  await host('host-3');
  await away('host-3');
  const { data } = await operator.client.GET('/api/v1/receiver');
  expect(data?.workers.map(({ host: id, up }) => [id, up])).toEqual([
    ['host-1', true],
    ['host-2', false],
    ['host-3', false],
  ]);
  expect(data?.workers.map(({ text }) => text)).toEqual([
    'It receives.',
    expect.stringContaining('does not listen'),
    expect.stringContaining('has not been seen'),
  ]);
  expect(data?.text).toContain('AE title VIADUCT ');
  expect(data?.text).toContain('AE title VIADUCT_RX, host the address of host-1, port 11112');
});

test('the receiver page says who has called, and why it was refused', async () => {
  const caller = { aeTitle: 'PACS_A', address: '10.1.2.3', associations: 4, instances: 512, bytes: 268_435_456 };
  const counted = { ...caller, open: 1, refusedInstances: 2, lastAt: '2026-11-21T14:02:00.000Z' };
  const receiverCalls = { since: '2026-11-21T09:00:00.000Z', callers: [{ ...counted, refusals: { address: 3 } }] };
  await host('host-1', true, receiverCalls);
  await host('host-2', true, receiverCalls);
  await away('host-2');
  const { data } = await operator.client.GET('/api/v1/receiver');
  const refusals = [{ why: 'address', count: 3, text: 'Its address is not among those that may connect.' }];
  expect(data?.workers.map(({ calls }) => calls)).toEqual([
    { since: receiverCalls.since, callers: [{ ...counted, refusals }] },
    { since: receiverCalls.since, callers: [{ ...counted, refusals, open: 0 }] },
  ]);
});

describe('the dashboard', () => {
  test('shows what needs a person, and to a researcher only the own jobs', async () => {
    const researcher = await server.person('researcher');
    const failed = await createdJob(operator, jobBody(ground, 2));
    await begin(failed.id);
    const task = { jobId: failed.id, runNo: 1, to: 'failure' } as const;
    await settleTask(server.database.pool, { ...task, taskNo: 1, cause: 'study-unknown' });
    await settleTask(server.database.pool, { ...task, taskNo: 2, cause: 'not-at-destination' });
    await endRun(server.database.pool, { jobId: failed.id, runNo: 1, outcome: 'completed' });
    await server.database.client.node.update({
      where: { id: ground.sourceId },
      data: { suspended: true, suspendedReason: 'Rebuilt', suspendedAt: new Date() },
    });
    await host('host-1');
    await host('host-2');
    await away('host-2');
    const seen = await dashboard();
    expect(seen?.needed.map(({ kind, text }) => `${kind}: ${text}`).sort()).toEqual([
      `job-failed: Job ${failed.number}: 2 studies failed.`,
      'node-suspended: PACS A is suspended: Rebuilt',
      'worker-gone: The worker host-2 does not answer.',
    ]);
    expect(seen?.failures).toMatchObject([
      { studies: 1, jobs: 1, node: { name: expect.stringMatching(/PACS [AB]/) as string } },
      { studies: 1, jobs: 1 },
    ]);
    expect(seen?.spool).toMatchObject([
      { host: 'host-1', up: true, freeBytes: 5_000_000 },
      { host: 'host-2', up: false },
    ]);
    expect(seen?.clock).toMatchObject([{ node: { name: 'PACS A' }, gate: { open: false } }, { gate: { open: true } }]);
    const theirs = await dashboard(researcher);
    expect(theirs).toMatchObject({ needed: [], failures: [], spool: [], running: [], waiting: [] });
  });

  test('a failed job that is tried again asks for nobody', async () => {
    const { id } = await createdJob(operator, jobBody(ground));
    await host('host-1');
    await begin(id);
    await settleTask(server.database.pool, { jobId: id, runNo: 1, taskNo: 1, to: 'failure', cause: 'study-unknown' });
    await endRun(server.database.pool, { jobId: id, runNo: 1, outcome: 'completed' });
    expect((await dashboard())?.needed).toHaveLength(1);
    const params = { path: { id } };
    await operator.client.POST('/api/v1/jobs/{id}/actions', { params, body: { action: 'retry-failed' } });
    expect((await dashboard())?.needed).toEqual([]);
  });

  test('separates what runs from what waits, and says why', async () => {
    await host('host-1');
    const running = await createdJob(operator, jobBody(ground));
    const waiting = await createdJob(operator, { ...jobBody(ground), schedule: { notBefore: '2099-01-01T00:00:00Z' } });
    await begin(running.id);
    await setTask(running.id, 1, { state: 'running' });
    const seen = await dashboard();
    expect(seen?.running.map(({ id }) => id)).toEqual([running.id]);
    expect(seen?.waiting).toMatchObject([{ id: waiting.id, wait: { kind: 'not-before' } }]);
    expect(seen?.counts).toEqual({ running: 1, waiting: 1 });
  });

  test('shows what nodes gave and took in the last hour, by five minutes', async () => {
    const { id } = await createdJob(operator, jobBody(ground));
    await begin(id);
    await setTask(id, 1, { state: 'running' });
    const { id: taskId } = await server.database.client.task.findFirstOrThrow({ where: { jobId: id } });
    const ago = (minutes: number) => new Date(Date.now() - minutes * 60_000);
    const row = (n: number, retrieved: Date, stored: Date | null) => ({
      taskId,
      sopInstanceUid: `1.3.${n}`,
      seriesInstanceUid: '1.2.1',
      bytes: 1_000n,
      outBytes: 900n,
      retrievedAt: retrieved,
      storedAt: stored,
    });
    await server.database.client.instance.createMany({
      data: [row(1, ago(1), ago(0)), row(2, ago(20), null), row(3, ago(90), ago(80))],
    });
    const flow = (await dashboard())?.throughput;
    const sum = (list: readonly number[] | undefined) => list?.reduce((total, bytes) => total + bytes, 0);
    expect(flow?.bucketSeconds).toBe(300);
    const byName = new Map(flow?.nodes.map(({ node, ...bytes }) => [node.name, bytes]));
    expect(byName.get('PACS A')?.retrieved).toHaveLength(12);
    expect(sum(byName.get('PACS A')?.retrieved)).toBe(2_000);
    expect(sum(byName.get('PACS A')?.stored)).toBe(0);
    expect(sum(byName.get('PACS B')?.stored)).toBe(900);
  });
});

describe('quick find', () => {
  const NO_MORE = { jobs: false, studies: false, nodes: false };
  const find = async (text: string, who = operator) => (await who.client.POST('/api/v1/find', { body: { text } })).data;

  test('finds jobs by number and title, studies by what names them, nodes by name', async () => {
    const { id, number } = await createdJob(operator, { ...jobBody(ground, 2), title: 'Thorax' });
    await setTask(id, 2, { patientId: 'P-4711', accessionNumber: 'A_1' });
    const job = { id, number, title: 'Thorax', state: 'pending' };
    expect(await find(`#${number}`)).toEqual({ jobs: [job], studies: [], nodes: [], more: NO_MORE });
    expect((await find('thor'))?.jobs).toEqual([job]);
    expect((await find('pacs a'))?.nodes).toEqual([{ id: ground.sourceId, name: 'PACS A' }]);
    for (const text of ['p-4711', 'A_1', '1.2.2']) {
      expect((await find(text))?.studies.map(({ job: of, taskNo }) => [of.id, taskNo])).toEqual([[id, 2]]);
    }
    for (const text of ['P-47', 'AX1', '1.2.%']) expect((await find(text))?.studies).toEqual([]);
  });

  test('names ten of a kind, the newest first, and says that there are more', async () => {
    const numbers = [];
    for (let jobs = 0; jobs < 11; jobs += 1) {
      numbers.unshift((await createdJob(operator, { ...jobBody(ground, 1), title: 'Eleven alike' })).number);
      const found = await find('eleven alike');
      expect(found?.jobs.map(({ number }) => number)).toEqual(numbers.slice(0, 10));
      expect(found?.more).toEqual({ ...NO_MORE, jobs: numbers.length > 10 });
    }
    expect((await find('1.2.1'))?.more).toEqual({ ...NO_MORE, studies: true });
  });

  test('shows a researcher the own jobs only', async () => {
    const researcher = await server.person('researcher');
    const { number } = await createdJob(operator, { ...jobBody(ground, 1), title: 'Thorax' });
    for (const text of [String(number), 'Thorax', '1.2.1'])
      expect(await find(text, researcher)).toMatchObject({ jobs: [], studies: [] });
  });
});

test('what came from a server says how large images are and how fast they come through', async () => {
  const { id } = await createdJob(operator, jobBody(ground, 2));
  await begin(id);
  const at = (seconds: number) => new Date(Date.UTC(2026, 10, 21, 12, 0, seconds));
  const ended = { state: 'success', endedAt: at(60), modalities: ['CT'], instancesRetrieved: 100 };
  await setTask(id, 1, { ...ended, bytesRetrieved: 50_000_000 });
  await setTask(id, 2, { ...ended, bytesRetrieved: 30_000_000 });
  const [first, second] = await server.database.client.task.findMany({
    where: { jobId: id },
    orderBy: { taskNo: 'asc' },
  });
  const step = (taskId: string | undefined, name: string, from: number, to: number) =>
    server.database.client.step.create({
      data: {
        taskId: taskId ?? '',
        runNo: 1,
        step: name,
        attempt: 1,
        hostId: 'h',
        startedAt: at(from),
        endedAt: at(to),
      },
    });
  // They overlap, and waiting for a turn is no work: 20 s in all.
  await step(first?.id, 'admit', 0, 20);
  await step(first?.id, 'retrieve', 20, 35);
  await step(second?.id, 'retrieve', 25, 30);
  await step(second?.id, 'store', 50, 55);
  expect((await operator.client.GET('/api/v1/experience')).data?.items).toEqual([
    { nodeId: ground.sourceId, imagesPerSecond: 10, sizes: [{ modalities: ['CT'], imageBytes: 400_000 }] },
  ]);
});

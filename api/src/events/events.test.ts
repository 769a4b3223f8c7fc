import { beginRun, claimChunk, settleTask } from '@viaduct/prisma';
import { testDatabase, waitFor, type TestDatabase } from '@viaduct/testing';
import pg from 'pg';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createdJob, jobBody, jobGround, type JobGround } from '../harness/jobs.ts';
import { readEvents, type ReadEvent } from '../harness/readEvents.ts';
import { startTestServer, type TestPerson, type TestServer } from '../harness/testServer.ts';

let postgres: TestDatabase;
let server: TestServer;
let person: TestPerson;
let ground: JobGround;
beforeEach(async () => {
  postgres = await testDatabase();
  server = await startTestServer(postgres.connectionString);
  person = await server.person('researcher');
  ground = await jobGround(server);
});
afterEach(async () => {
  await server[Symbol.asyncDispose]();
  await postgres[Symbol.asyncDispose]();
});

interface Heard extends AsyncDisposable {
  readonly events: ReadEvent[];
  /** Waits for an event of this name whose data contains these fields. */
  until(event: string, data: object): Promise<ReadEvent>;
}

async function listen(who: TestPerson, query = '', headers: Record<string, string> = {}): Promise<Heard> {
  const leaving = new AbortController();
  const response = await server.fetch(`/api/v1/events${query}`, {
    headers: { ...who.headers, ...headers },
    signal: leaving.signal,
  });
  const events: ReadEvent[] = [];
  const reading = (async () => {
    for await (const event of readEvents(response)) events.push(event);
  })().catch(() => undefined);
  return {
    events,
    until: (name, data) =>
      waitFor(() => events.find(({ event, data: heard }) => event === name && matches(heard, data)), {
        what: `${name} ${JSON.stringify(data)}`,
      }),
    [Symbol.asyncDispose]: async () => {
      leaving.abort();
      await reading;
    },
  };
}

const matches = (heard: unknown, wanted: object) =>
  Object.entries(wanted).every(([key, value]) => (heard as Record<string, unknown>)[key] === value);
const begin = async (jobId: string) => {
  await beginRun(server.database.pool, { jobId, runNo: 1 });
  await claimChunk(server.database.pool, { jobId, runNo: 1, chunkNo: 1, size: 10 });
};

/** Waits for a row of a list event with these fields. */
const untilRow = (heard: Heard, event: 'jobs' | 'nodes' | 'tasks', row: object) =>
  waitFor(() => rowsOf(heard, event).find((found) => matches(found, row)), { what: `${event} ${JSON.stringify(row)}` });
const rowsOf = (heard: Heard, name: string) =>
  heard.events.flatMap(({ event, data }) => (event === name ? (data as { rows: object[] }).rows : []));

test('the stream of a job begins with how things are and goes on with what changes', async () => {
  const { id } = await createdJob(person, jobBody(ground, 2));
  await using heard = await listen(person, `?job=${id}`);
  await heard.until('job', { id, state: 'pending' });
  await untilRow(heard, 'tasks', { taskNo: 2, state: 'pending' });
  const before = rowsOf(heard, 'tasks').length;
  await begin(id);
  await settleTask(server.database.pool, { jobId: id, runNo: 1, taskNo: 1, to: 'failure', cause: 'study-unknown' });
  await untilRow(heard, 'tasks', { taskNo: 1, state: 'failure' });
  const job = await heard.until('job', { state: 'running' });
  expect(Number(job.id)).toBeGreaterThan(0);
  // Only the task that changed is told about.
  const told = rowsOf(heard, 'tasks').slice(before);
  expect(told.map((row) => (row as { taskNo: number }).taskNo)).toEqual(told.map(() => 1));
});

test('of a job only the tasks on the page are told about', async () => {
  const { id } = await createdJob(person, jobBody(ground, 5));
  await using heard = await listen(person, `?job=${id}&task=2&task=4`);
  await untilRow(heard, 'tasks', { taskNo: 4 });
  await begin(id);
  for (const taskNo of [3, 4]) {
    await settleTask(server.database.pool, { jobId: id, runNo: 1, taskNo, to: 'failure', cause: 'study-unknown' });
  }
  await untilRow(heard, 'tasks', { taskNo: 4, state: 'failure' });
  expect(new Set(rowsOf(heard, 'tasks').map((row) => (row as { taskNo: number }).taskNo))).toEqual(new Set([2, 4]));
});

test('many changes at once are told as few', async () => {
  const { id } = await createdJob(person, jobBody(ground));
  await using heard = await listen(person, `?job=${id}`);
  await heard.until('job', { id });
  const { pool } = server.database;
  for (let n = 1; n <= 200; n++) await pool.query('UPDATE job SET title = $2 WHERE id = $1', [id, `title ${n}`]);
  await heard.until('job', { title: 'title 200' });
  expect(heard.events.filter(({ event }) => event === 'job').length).toBeLessThan(30);
});

test('the stream of everything shows open jobs of one’s own, new ones, and nodes', async () => {
  const stranger = await server.person('researcher');
  const mine = await createdJob(person, jobBody(ground));
  const theirs = await createdJob(stranger, jobBody(ground));
  await using heard = await listen(person);
  await untilRow(heard, 'jobs', { id: mine.id });
  const second = await createdJob(person, jobBody(ground));
  await createdJob(stranger, jobBody(ground));
  await untilRow(heard, 'jobs', { id: second.id });
  await server.database.client.node.update({ where: { id: ground.sourceId }, data: { notes: 'moved' } });
  await untilRow(heard, 'nodes', { id: ground.sourceId, notes: 'moved' });
  const { id: gone } = await server.database.client.node.create({ data: { kind: 'folder', name: 'Gone' } });
  await untilRow(heard, 'nodes', { id: gone });
  await server.database.client.node.delete({ where: { id: gone } });
  await waitFor(() => heard.events.some(({ event, data }) => event === 'nodes' && lists(data, 'gone', gone)));
  expect(rowsOf(heard, 'jobs').some((row) => matches(row, { id: theirs.id }))).toBe(false);
});

const lists = (data: unknown, name: string, id: string) =>
  ((data as Record<string, unknown>)[name] as unknown[]).includes(id);

test('a list with its rows gets these as they change, and only number and state of the others', async () => {
  const [shown, other] = [await createdJob(person, jobBody(ground)), await createdJob(person, jobBody(ground))];
  await using heard = await listen(person, `?topic=jobs&row=${shown.id}`);
  await untilRow(heard, 'jobs', { id: shown.id, state: 'pending' });
  for (const { id } of [shown, other]) await begin(id);
  await untilRow(heard, 'jobs', { id: shown.id, state: 'running' });
  const others = () => heard.events.flatMap(({ data }) => (data as { others: object[] }).others);
  await waitFor(() =>
    others().some((found) => matches(found, { id: other.id, number: other.number, state: 'running' })),
  );
  expect(rowsOf(heard, 'jobs').some((row) => matches(row, { id: other.id }))).toBe(false);
  await server.database.pool.query('UPDATE job SET deleted_at = now() WHERE id = $1', [shown.id]);
  await waitFor(() => heard.events.some(({ data }) => lists(data, 'gone', shown.id)));
});

test('dashboard and queue are told of when they change', async () => {
  const operator = await server.person('operator');
  await using heard = await listen(operator, '?topic=dashboard&topic=queue');
  await heard.until('queue', { waiting: 0, running: 0 });
  const { id } = await createdJob(person, jobBody(ground, 3));
  await heard.until('queue', { waiting: 3 });
  await waitFor(() =>
    heard.events.some(({ event, data }) => event === 'dashboard' && JSON.stringify(data).includes(`"id":"${id}"`)),
  );
});

test.each([
  ['the queue needs the permission to operate', '?topic=queue', 403],
  ['a job and topics exclude each other', '?job=01890000-0000-7000-8000-000000000000&topic=jobs', 422],
  ['a page has 200 tasks at most', `?${'task=1&'.repeat(201)}`, 422],
])('%s', async (_what, query, status) => {
  const answer = await server.fetch(`/api/v1/events${query}`, { headers: person.headers });
  await answer.body?.cancel();
  expect(answer.status).toBe(status);
});

test('who comes back with the last id gets what was missed, also jobs that have ended since', async () => {
  await createdJob(person, jobBody(ground));
  const second = await createdJob(person, jobBody(ground));
  await begin(second.id);
  await settleTask(server.database.pool, { jobId: second.id, runNo: 1, taskNo: 1, to: 'canceled' });
  await server.database.pool.query(`UPDATE job_run SET state = 'ended' WHERE job_id = $1`, [second.id]);
  await using heard = await listen(person, '', { 'last-event-id': String(second.statusSeq) });
  await untilRow(heard, 'jobs', { id: second.id, state: 'canceled' });
  // What comes later may have happened before as well: the database tells of it when it can.
  const missed = heard.events.find(({ event }) => event === 'jobs')?.data as { rows: object[] };
  expect(missed.rows.map((row) => (row as { id: string }).id)).toEqual([second.id]);
});

test('after the database has been away the stream goes on', async () => {
  const { id } = await createdJob(person, jobBody(ground));
  await using heard = await listen(person, `?job=${id}`);
  await heard.until('job', { id });
  const admin = new pg.Client({ connectionString: postgres.connectionString });
  await admin.connect();
  await admin.query(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'`,
  );
  await admin.query(`UPDATE job SET title = 'while away' WHERE id = $1`, [id]);
  await admin.end();
  await heard.until('job', { title: 'while away' });
});

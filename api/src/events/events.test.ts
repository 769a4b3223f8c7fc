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

test('the stream of a job begins with how things are and goes on with what changes', async () => {
  const { id } = await createdJob(person, jobBody(ground, 2));
  await using heard = await listen(person, `?job=${id}`);
  await heard.until('job', { id, state: 'pending' });
  await heard.until('task', { jobId: id, taskNo: 2, state: 'pending' });
  const before = heard.events.length;
  await begin(id);
  await settleTask(server.database.pool, { jobId: id, runNo: 1, taskNo: 1, to: 'failure', cause: 'study-unknown' });
  await heard.until('task', { taskNo: 1, state: 'failure' });
  const job = await heard.until('job', { state: 'running' });
  expect(Number(job.id)).toBeGreaterThan(0);
  // Only the task that changed is told about.
  const tasks = heard.events.slice(before).filter(({ event }) => event === 'task');
  expect(tasks.map(({ data }) => (data as { taskNo: number }).taskNo)).toEqual(tasks.map(() => 1));
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
  await heard.until('job', { id: mine.id });
  const second = await createdJob(person, jobBody(ground));
  await createdJob(stranger, jobBody(ground));
  await heard.until('job', { id: second.id });
  await server.database.client.node.update({ where: { id: ground.sourceId }, data: { notes: 'moved' } });
  await heard.until('node', { id: ground.sourceId, notes: 'moved' });
  const { id: gone } = await server.database.client.node.create({ data: { kind: 'folder', name: 'Gone' } });
  await server.database.client.node.delete({ where: { id: gone } });
  await heard.until('node-gone', { id: gone });
  expect(heard.events.some(({ data }) => matches(data, { id: theirs.id }))).toBe(false);
});

test('who comes back with the last id gets what was missed, also jobs that have ended since', async () => {
  const first = await createdJob(person, jobBody(ground));
  const second = await createdJob(person, jobBody(ground));
  await begin(second.id);
  await settleTask(server.database.pool, { jobId: second.id, runNo: 1, taskNo: 1, to: 'canceled' });
  await server.database.pool.query(`UPDATE job_run SET state = 'ended' WHERE job_id = $1`, [second.id]);
  await using heard = await listen(person, '', { 'last-event-id': String(second.statusSeq) });
  await heard.until('job', { id: second.id, state: 'canceled' });
  expect(heard.events.some(({ data }) => matches(data, { id: first.id }))).toBe(false);
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

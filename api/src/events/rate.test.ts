import { beginRun, claimChunk } from '@viaduct/prisma';
import { testDatabase, waitFor, type TestDatabase } from '@viaduct/testing';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createdJob, jobBody, jobGround, type JobGround } from '../harness/jobs.ts';
import { readEvents } from '../harness/readEvents.ts';
import { startTestServer, type TestPerson, type TestServer } from '../harness/testServer.ts';

const TASKS = 100;
/** Messages that are waited for. */
const HEARD = 16;
/** Messages that a reader may get per second, and as the first picture at once. */
const PER_SECOND = 5;
const AT_FIRST = 4;

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

/** Changes every task of a job, with it the job, and a node, one statement after the other. Returns how many rows that was. */
async function storm(jobId: string, over: AbortSignal): Promise<number> {
  const { pool } = server.database;
  let changes = 0;
  for (let round = 1; !over.aborted; round++) {
    const { rowCount } = await pool.query(
      `UPDATE task SET state = CASE task_no % 2 = $2 % 2 WHEN true THEN 'running' ELSE 'pending' END WHERE job_id = $1`,
      [jobId, round],
    );
    await pool.query('UPDATE node SET notes = $2 WHERE id = $1', [ground.sourceId, `round ${round}`]);
    changes += (rowCount ?? 0) + 1;
  }
  return changes;
}

test.each([
  ['of a job', (id: string) => `?job=${id}`],
  ['of everything', (id: string) => `?topic=jobs&topic=nodes&topic=dashboard&topic=queue&row=${id}`],
])('while thousands of things change, a reader %s gets five messages a second at most', async (_what, query) => {
  const { id } = await createdJob(operator, jobBody(ground, TASKS));
  await beginRun(server.database.pool, { jobId: id, runNo: 1 });
  await claimChunk(server.database.pool, { jobId: id, runNo: 1, chunkNo: 1, size: TASKS });
  const enough = new AbortController();
  const leaving = new AbortController();
  const changing = storm(id, enough.signal);
  const begun = performance.now();
  const { headers } = operator;
  const response = await server.fetch(`/api/v1/events${query(id)}`, { headers, signal: leaving.signal });
  let messages = 0;
  const events = readEvents(response);
  while (messages < HEARD && !(await events.next()).done) messages++;
  const seconds = (performance.now() - begun) / 1_000;
  enough.abort();
  leaving.abort();
  expect(await changing).toBeGreaterThan(1_000);
  expect(messages).toBe(HEARD);
  expect(messages).toBeLessThanOrEqual(AT_FIRST + PER_SECOND * seconds);
});

test('a reader who cannot be told is sent away, the others go on', async () => {
  const [broken, sound] = [await createdJob(operator, jobBody(ground)), await createdJob(operator, jobBody(ground))];
  const { headers } = operator;
  const follow = (id: string) => server.fetch(`/api/v1/events?job=${id}`, { headers });
  const first = readEvents(await follow(broken.id));
  const second = readEvents(await follow(sound.id));
  for (const events of [first, second]) expect((await events.next()).value).toMatchObject({ event: 'job' });
  const schedule = { notBefore: null, windows: { timeZone: 'Nowhere', weekly: [] }, atClose: 'park', maxOverrunMs: 0 };
  await server.database.client.job.update({ where: { id: broken.id }, data: { schedule } });
  while (!(await first.next()).done);
  await server.database.client.job.update({ where: { id: sound.id }, data: { title: 'Still told' } });
  for await (const { data } of second) if ((data as { title?: string }).title === 'Still told') break;
  await waitFor(() => server.log.some((line) => line.includes('was not told')));
});

import type { BulkInput } from '@viaduct/client';
import { beginRun, claimChunk, endRun, settleTask } from '@viaduct/prisma';
import { testDatabase, type TestDatabase } from '@viaduct/testing';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createdJob, jobBody, jobGround, type JobGround } from '../harness/jobs.ts';
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

const bulk = (body: BulkInput, who = person) => who.client.POST('/api/v1/bulk', { body });
const begin = async (jobId: string) => {
  await beginRun(server.database.pool, { jobId, runNo: 1 });
  await claimChunk(server.database.pool, { jobId, runNo: 1, chunkNo: 1, size: 10 });
};
const fail = async (jobId: string) => {
  await begin(jobId);
  await settleTask(server.database.pool, { jobId, runNo: 1, taskNo: 1, to: 'failure', cause: 'study-unknown' });
  await endRun(server.database.pool, { jobId, runNo: 1, outcome: 'completed' });
};
const job = async (studies = 1) => (await createdJob(person, jobBody(ground, studies))).id;
/** Jobs as rows, for when there are many. */
const jobs = async (count: number): Promise<string[]> => {
  const { rows } = await server.database.pool.query<{ id: string }>(
    `WITH made AS (
       INSERT INTO job (id, kind, project_id, owner_id, idempotency_key, pseudonymize, trial_id, trial_name)
       SELECT gen_random_uuid(), 'selective', $1, $2, 'bulk-' || n, true, '', '' FROM generate_series(1, $3::int) AS n
       RETURNING id),
     runs AS (INSERT INTO job_run (job_id, run_no) SELECT id, 1 FROM made)
     INSERT INTO task (id, job_id, task_no, source_id, destination_id, study_instance_uid)
     SELECT gen_random_uuid(), id, 1, $4, $5, '1.2.3' FROM made RETURNING job_id AS id`,
    [ground.projectId, person.id, count, ground.sourceId, ground.destinationId],
  );
  return rows.map(({ id }) => id);
};

test('a dry run says the effect in numbers and changes nothing', async () => {
  const [running, failed] = [await job(2), await job()];
  await begin(running);
  await server.database.pool.query(`UPDATE task SET state = 'running' WHERE job_id = $1 AND task_no = 1`, [running]);
  await fail(failed);
  const { data } = await bulk({ action: 'cancel', target: { jobIds: [running, failed] }, dryRun: true });
  expect(data).toMatchObject({
    dryRun: true,
    jobs: { ok: 1, refused: 1 },
    effect: { studies: 2, running: 1, stored: 0, senseless: [{ reason: 'The job has already ended.', count: 1 }] },
  });
  expect(await server.database.client.request.count()).toBe(0);
});

test('200 jobs are asked each by itself, and those that refuse do not stop the others', async () => {
  const ids = await jobs(200);
  const [ended, unknown] = [await job(), '01890000-0000-7000-8000-000000000000'];
  await fail(ended);
  const { data } = await bulk({ action: 'pause', mode: 'drain', target: { jobIds: [...ids, ended, unknown] } });
  expect(data).toMatchObject({ jobs: { ok: 200, refused: 2 }, effect: { studies: 200 } });
  expect(data?.results).toHaveLength(202);
  const byId = new Map(data?.results.map((result) => [result.jobId, result]));
  expect(byId.get(ended)).toMatchObject({ outcome: 'refused', reason: 'The job has already ended.' });
  expect(byId.get(unknown)).toMatchObject({ outcome: 'refused', reason: 'There is no such job.' });
  const requests = await server.database.client.request.findMany({ select: { id: true, mode: true } });
  expect(new Set(requests.map(({ id }) => id))).toEqual(new Set(ids.map((id) => byId.get(id)?.requestId)));
  expect(new Set(requests.map(({ mode }) => mode))).toEqual(new Set(['drain']));
});

test('of a node the studies that come from it or go to it are meant, in every job', async () => {
  const { client } = server.database;
  const other = await client.node.create({
    data: { kind: 'server', name: 'PACS C', aeTitle: 'C', host: 'x', port: 106 },
  });
  const three = jobBody(ground, 3);
  const studies = three.studies.map((study, index) => (index === 1 ? { ...study, sourceId: other.id } : study));
  const { id: mixed } = await createdJob(person, { ...three, studies });
  const { id: whole } = await createdJob(person, { ...jobBody(ground, 2), destinationId: other.id });
  for (const id of [mixed, whole, await job()]) await begin(id);
  const { data } = await bulk({ action: 'pause', target: { nodeId: other.id } });
  expect(data).toMatchObject({ jobs: { ok: 2, refused: 0 }, effect: { studies: 3 } });
  const requests = await client.request.findMany({ select: { jobId: true, taskNos: true } });
  expect(new Map(requests.map(({ jobId, taskNos }) => [jobId, taskNos]))).toEqual(
    new Map([
      [mixed, [2]],
      [whole, []],
    ]),
  );
});

test('of a project the jobs are meant that the action can make sense for; the others are counted', async () => {
  const [failed, fresh] = [await job(), await job()];
  await fail(failed);
  const { data } = await bulk({ action: 'retry-failed', target: { projectId: ground.projectId } });
  expect(data).toMatchObject({ jobs: { ok: 1, refused: 0 }, effect: { studies: 1 } });
  expect(data?.results.map(({ jobId }) => jobId)).toEqual([failed]);
  expect(data?.effect.senseless).toEqual([
    { reason: expect.stringContaining('Nothing of it has failed') as string, count: 1 },
  ]);
  expect(await server.database.client.request.count({ where: { jobId: fresh } })).toBe(0);
});

test('people act on their own jobs only, those who operate on all', async () => {
  const mine = await job();
  const stranger = await server.person('researcher');
  const target = { jobIds: [mine] };
  expect((await bulk({ action: 'cancel', target }, stranger)).data).toMatchObject({ jobs: { ok: 0, refused: 1 } });
  const everywhere = { projectId: ground.projectId };
  expect((await bulk({ action: 'cancel', target: everywhere }, stranger)).data?.results).toEqual([]);
  const operator = await server.person('operator');
  expect((await bulk({ action: 'cancel', target }, operator)).data).toMatchObject({ jobs: { ok: 1, refused: 0 } });
});

test.each([
  [{ action: 'force-end' }, 403],
  [{ action: 'set-priority', value: { urgent: true } }, 403],
  [{ action: 'delete' }, 200],
] as const)('%j by a researcher answers %i', async (action, status) => {
  expect((await bulk({ ...action, target: { jobIds: [await job()] } })).response.status).toBe(status);
});

test('jobs are ended by force and deleted in bulk, but not those of a node', async () => {
  const operator = await server.person('operator');
  const ids = [await job(), await job()];
  const target = { jobIds: ids };
  expect((await bulk({ action: 'force-end', target }, operator)).data).toMatchObject({ jobs: { ok: 2 } });
  expect((await bulk({ action: 'delete', target }, operator)).data).toMatchObject({ jobs: { ok: 2 } });
  expect((await bulk({ action: 'delete', target }, operator)).data).toMatchObject({ jobs: { ok: 0, refused: 2 } });
  const ofNode = await bulk({ action: 'delete', target: { nodeId: ground.sourceId } }, operator);
  expect(ofNode.error).toMatchObject({ status: 422, errors: [{ path: 'action' }] });
});

test('two people who act on the same jobs at once have each of them done once between them', async () => {
  const target = { jobIds: await jobs(40) };
  const two = [await server.person('operator'), await server.person('administrator')];
  const both = (body: Pick<BulkInput, 'action'>) =>
    Promise.all(two.map(async (who) => (await bulk({ ...body, target } as BulkInput, who)).data?.results ?? []));
  for (const [action, reason] of [
    ['force-end', 'The job has already ended.'],
    ['delete', 'There is no such job.'],
  ] as const) {
    const results = (await both({ action })).flat();
    expect(results.filter(({ outcome }) => outcome === 'ok')).toHaveLength(40);
    const refused = results.filter(({ outcome }) => outcome === 'refused');
    expect(refused.map((result) => result.reason)).toEqual(Array.from({ length: 40 }, () => reason));
  }
});

test('more than a thousand jobs at once are refused as a whole', async () => {
  await jobs(1_001);
  const { error } = await bulk({ action: 'pause', target: { projectId: ground.projectId } });
  expect(error).toMatchObject({ status: 422, errors: [{ path: 'target' }] });
  expect(await server.database.client.request.count()).toBe(0);
});

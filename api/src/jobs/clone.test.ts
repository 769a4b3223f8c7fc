import { randomUUID } from 'node:crypto';
import type { CloneInput, Job } from '@viaduct/client';
import { testDatabase, waitFor, type TestDatabase } from '@viaduct/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createdJob, jobBody, jobGround, type JobGround } from '../harness/jobs.ts';
import { startTestServer, type TestPerson, type TestServer } from '../harness/testServer.ts';

let postgres: TestDatabase;
let server: TestServer;
let person: TestPerson;
let ground: JobGround;
let job: Job;
beforeAll(async () => {
  postgres = await testDatabase();
  server = await startTestServer(postgres.connectionString);
  person = await server.person('researcher');
  const administrator = await server.person('administrator');
  const { data } = await administrator.client.POST('/api/v1/projects', { body: { name: 'Sealed' } });
  ground = { ...(await jobGround(server)), projectId: data?.id ?? '' };
  await server.database.client.catalogueStudy.createMany({
    data: [1, 2, 3].map((n) => ({ nodeId: ground.sourceId, studyInstanceUid: `1.2.${n}`, patientId: 'P1' })),
  });
  const schedule = { notBefore: '2030-01-01T00:00:00Z' };
  job = await createdJob(person, { ...jobBody(ground, 3), title: 'Thorax', pseudonym: 'TRIAL-1', schedule });
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await postgres[Symbol.asyncDispose]();
});

const clone = (body: CloneInput, { who = person, key = randomUUID() }: { who?: TestPerson; key?: string } = {}) =>
  who.client.POST('/api/v1/jobs/{id}/clones', {
    params: { path: { id: job.id }, header: { 'idempotency-key': key } },
    body,
  });

test('a clone has the same studies and options, and is started', async () => {
  const { data } = await clone({});
  expect(data).toMatchObject({
    title: `Copy of ${job.number}: Thorax`,
    state: 'pending',
    schedule: job.schedule,
    tasks: { pending: 3, total: 3 },
    destination: job.destination,
  });
  await waitFor(() => server.engine.told.includes(`start job/${data?.id}/run/1`));
  const tasks = await server.database.client.task.findMany({ where: { jobId: data?.id } });
  expect(tasks.map(({ pseudonym }) => pseudonym)).toEqual(['TRIAL-1', 'TRIAL-1', 'TRIAL-1']);
});

test('options that are given are those of the clone', async () => {
  const { data } = await clone({ title: 'Again', schedule: null, destinationId: ground.sourceId });
  expect(data).toMatchObject({ title: 'Again', schedule: null, destination: { id: ground.sourceId } });
});

test('the same key makes one clone', async () => {
  const key = randomUUID();
  const [first, second] = await Promise.all([clone({}, { key }), clone({}, { key })]);
  expect(first.data?.id).toBe(second.data?.id);
});

test('a pseudonym is for one patient', async () => {
  const where = { jobId: job.id, taskNo: 1 };
  await server.database.client.task.updateMany({ where, data: { patientId: 'P2' } });
  expect((await clone({ pseudonym: 'TRIAL-2' })).error).toMatchObject({ status: 422, errors: [{ path: 'pseudonym' }] });
});

test.each([
  ['identified data need a permission', { pseudonymize: false, pseudonym: undefined }, 403],
  ['urgent work needs a permission', { urgent: true }, 403],
  ['the destination has to exist', { destinationId: randomUUID() }, 422],
  ['the project has to exist', { projectId: randomUUID() }, 422],
])('of a clone %s', async (_what, body, status) => {
  expect((await clone(body)).response.status).toBe(status);
});

test('a job of somebody else cannot be cloned', async () => {
  expect((await clone({}, { who: await server.person('researcher') })).response.status).toBe(404);
});

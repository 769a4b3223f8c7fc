import { patientHash } from '@viaduct/deid';
import { testDatabase, waitFor, type TestDatabase } from '@viaduct/testing';
import { projectKeyPurpose, unseal } from '@viaduct/prisma';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createdJob, jobBody, jobGround, postJob, type JobGround } from '../harness/jobs.ts';
import { startTestServer, type TestPerson, type TestServer } from '../harness/testServer.ts';

let postgres: TestDatabase;
let server: TestServer;
let researcher: TestPerson;
let ground: JobGround;
beforeEach(async () => {
  postgres = await testDatabase();
  server = await startTestServer(postgres.connectionString);
  researcher = await server.person('researcher');
  ground = await jobGround(server);
});
afterEach(async () => {
  await server[Symbol.asyncDispose]();
  await postgres[Symbol.asyncDispose]();
});

/** Puts studies 1.2.1, 1.2.2, … into the catalogue, one patient each. */
async function catalogue(...patients: string[]): Promise<void> {
  await server.database.client.catalogueStudy.createMany({
    data: patients.map((patientId, n) => ({
      nodeId: ground.sourceId,
      studyInstanceUid: `1.2.${n + 1}`,
      patientId,
      patientName: 'Doe^Jane',
      studyDate: '20240302',
      modalities: ['CT'],
    })),
  });
}

describe('creating', () => {
  test('a job has its tasks with what the catalogue knows, and is started once', async () => {
    await catalogue('P1');
    const job = await createdJob(researcher, jobBody(ground, 2));
    expect(job).toMatchObject({
      title: '2 studies (CT) from PACS A',
      state: 'pending',
      trialId: 'T-1',
      sources: [{ name: 'PACS A' }],
      destination: { name: 'PACS B' },
      owner: { id: researcher.id },
      tasks: { pending: 2, total: 2 },
      actions: ['pause', 'cancel', 'set-schedule', 'clone'],
    });
    const { data } = await researcher.client.GET('/api/v1/jobs/{id}/tasks', { params: { path: { id: job.id } } });
    expect(data?.items).toMatchObject([
      { taskNo: 1, patientId: 'P1', studyDate: '2024-03-02', modalities: ['CT'] },
      { taskNo: 2, patientId: '', studyDate: '' },
    ]);
    await waitFor(() => server.engine.told.length > 0);
    expect(server.engine.told).toEqual([`start job/${job.id}/run/1`]);
  });

  test('the same key makes one job, also when it is sent twice at once; for another request it is refused', async () => {
    const body = jobBody(ground);
    const answers = await Promise.all([
      postJob(researcher, body, 'the-same-key'),
      postJob(researcher, body, 'the-same-key'),
    ]);
    expect(answers[0].data?.id).toBe(answers[1].data?.id);
    expect((await postJob(researcher, body, 'the-same-key')).data?.id).toBe(answers[0].data?.id);
    const other = await postJob(researcher, jobBody(ground, 2), 'the-same-key');
    expect(other.error).toMatchObject({ status: 409, type: 'urn:viaduct:problem:key-reused' });
    expect(await server.database.client.job.count()).toBe(1);
  });

  test('a key is needed', async () => {
    const { error } = await postJob(researcher, jobBody(ground), 'short');
    expect(error).toMatchObject({ status: 422, errors: [{ path: 'idempotency-key' }] });
  });

  test.each([
    ['identified data', { pseudonymize: false }],
    ['urgent work', { urgent: true }],
  ])('%s needs a permission', async (_what, over) => {
    const body = { ...jobBody(ground), ...over };
    expect((await postJob(researcher, body)).error).toMatchObject({ status: 403 });
    expect((await postJob(await server.person('operator'), body)).data).toMatchObject(over);
  });

  test('more than 100 studies are for those who operate', async () => {
    expect((await postJob(researcher, jobBody(ground, 101))).error).toMatchObject({ errors: [{ path: 'studies' }] });
    const job = await createdJob(await server.person('operator'), jobBody(ground, 101));
    expect(job.tasks.total).toBe(101);
  });

  test.each([
    ['destinationId', (body: ReturnType<typeof jobBody>) => ({ ...body, destinationId: body.projectId })],
    ['projectId', (body: ReturnType<typeof jobBody>) => ({ ...body, projectId: body.destinationId })],
    [
      'studies.0.sourceId',
      ({ studies, ...body }: ReturnType<typeof jobBody>) => ({
        ...body,
        studies: studies.map((study) => ({ ...study, sourceId: body.projectId })),
      }),
    ],
    [
      'studies.1.studyInstanceUid',
      (body: ReturnType<typeof jobBody>) => ({ ...body, studies: [...body.studies, ...body.studies] }),
    ],
    ['pseudonym', (body: ReturnType<typeof jobBody>) => ({ ...body, pseudonym: 'bad/../name' })],
    [
      'studies.0.studyInstanceUid',
      (body: ReturnType<typeof jobBody>) => ({
        ...body,
        studies: [{ sourceId: body.destinationId, studyInstanceUid: '1.02' }],
      }),
    ],
  ])('%s is checked', async (path, change) => {
    const { error } = await postJob(researcher, change(jobBody(ground)));
    expect(error).toMatchObject({ status: 422, errors: [{ path }] });
  });
});

describe('pseudonyms', () => {
  let projectId: string;
  beforeEach(async () => {
    const administrator = await server.person('administrator');
    const { data } = await administrator.client.POST('/api/v1/projects', { body: { name: 'Sealed' } });
    projectId = data?.id ?? '';
  });
  const give = (pseudonym: string, studies = 1) =>
    postJob(researcher, { ...jobBody({ ...ground, projectId }, studies), pseudonym });

  test('a pseudonym is for one patient', async () => {
    await catalogue('P1', 'P2');
    expect((await give('TRIAL-1', 2)).error).toMatchObject({ errors: [{ path: 'pseudonym' }] });
    expect((await give('TRIAL-1', 1)).data).toBeDefined();
  });

  test('several studies need to be known to be of one patient', async () => {
    await catalogue('P1');
    expect((await give('TRIAL-1', 2)).error).toMatchObject({ errors: [{ path: 'pseudonym' }] });
  });

  test('the pseudonym of another patient, and a second one of the same, are refused', async () => {
    await catalogue('P1');
    const project = await server.database.client.project.findUniqueOrThrow({ where: { id: projectId } });
    const key = unseal(Buffer.alloc(32, 1), project.sealedKey, projectKeyPurpose(projectId));
    const known = (patientId: string, pseudonym: string) =>
      server.database.client.pseudonym.create({
        data: { projectId, patientHash: patientHash(key, '', patientId), pseudonym, sealedOriginal: new Uint8Array(1) },
      });
    await known('P2', 'TRIAL-2');
    expect((await give('TRIAL-2')).error).toMatchObject({
      status: 409,
      detail: expect.stringContaining('another patient') as string,
    });
    await known('P1', 'TRIAL-1');
    expect((await give('TRIAL-9')).error).toMatchObject({
      status: 409,
      detail: expect.stringContaining('another pseudonym') as string,
    });
    expect((await give('TRIAL-1')).data).toBeDefined();
  });
});

describe('reading', () => {
  test('people see their own jobs, those who operate see all', async () => {
    const job = await createdJob(researcher, jobBody(ground));
    const [other, operator] = [await server.person('researcher'), await server.person('operator')];
    const params = { path: { id: job.id } };
    const ledger = { path: { id: job.id, no: 1 } };
    const check = async (who: TestPerson, listed: number, status: number) => {
      const events = await server.fetch(`/api/v1/events?job=${job.id}`, { headers: who.headers });
      await events.body?.cancel();
      const { data } = await who.client.GET('/api/v1/jobs');
      expect(data?.items).toHaveLength(listed);
      const answers = [
        events,
        (await who.client.GET('/api/v1/jobs/{id}', { params })).response,
        (await who.client.GET('/api/v1/jobs/{id}/tasks', { params })).response,
        (await who.client.GET('/api/v1/jobs/{id}/tasks/{no}/ledger', { params: ledger })).response,
      ];
      expect(new Set(answers.map((answer) => answer.status))).toEqual(new Set([status]));
    };
    await check(researcher, 1, 200);
    await check(operator, 1, 200);
    await check(other, 0, 404);
  });

  test('the list is paged without gaps and filtered', async () => {
    const numbers: number[] = [];
    for (let n = 0; n < 5; n++) numbers.unshift((await createdJob(researcher, jobBody(ground))).number);
    const list = async (query: object) => (await researcher.client.GET('/api/v1/jobs', { params: { query } })).data;
    const first = await list({ limit: 3 });
    const second = await list({ limit: 3, cursor: first?.nextCursor });
    expect([...(first?.items ?? []), ...(second?.items ?? [])].map(({ number }) => number)).toEqual(numbers);
    expect(second?.nextCursor).toBeNull();
    expect((await list({ q: String(numbers[0]) }))?.items).toHaveLength(1);
    expect((await list({ q: 'from pacs a' }))?.items).toHaveLength(5);
    expect((await list({ state: ['pending'] }))?.items).toHaveLength(5);
    expect((await list({ state: ['failure', 'success'] }))?.items).toHaveLength(0);
    expect((await list({ owner: 'me', projectId: ground.projectId }))?.items).toHaveLength(5);
    expect((await list({ owner: 'somebody' }))?.items).toHaveLength(0);
  });

  test.each(['started', 'ended'] as const)('the list is sorted by when jobs %s, page by page', async (sort) => {
    const made: number[] = [];
    for (let n = 0; n < 5; n++) made.push((await createdJob(researcher, jobBody(ground))).number);
    const [a = 0, b = 0, c = 0, d = 0, e = 0] = made;
    const at = (minute: number) => ({ [`${sort}At`]: new Date(Date.UTC(2026, 0, 1, 0, minute)) });
    const { client } = server.database;
    // Two of one instant, and two that have not come so far.
    for (const [number, minute] of [
      [a, 2],
      [c, 1],
      [d, 1],
    ] as const)
      await client.job.updateMany({ where: { number }, data: at(minute) });
    const seen: number[] = [];
    for (let cursor: string | null | undefined; cursor !== null;) {
      const query = { sort, limit: 2, ...(cursor && { cursor }) };
      const { data } = await researcher.client.GET('/api/v1/jobs', { params: { query } });
      seen.push(...(data?.items.map(({ number }) => number) ?? []));
      cursor = data?.nextCursor ?? null;
    }
    expect(seen).toEqual([a, d, c, e, b]);
  });

  test('the list is filtered by urgency, node and day, and takes no cursor of another list', async () => {
    const operator = await server.person('operator');
    const { id } = await createdJob(operator, { ...jobBody(ground), urgent: true });
    await createdJob(operator, jobBody(ground));
    const list = async (query: object) =>
      (await operator.client.GET('/api/v1/jobs', { params: { query } })).data?.items.map((job) => job.id);
    expect(await list({ urgent: true })).toEqual([id]);
    expect(await list({ nodeId: ground.destinationId })).toHaveLength(2);
    expect(await list({ nodeId: ground.projectId })).toEqual([]);
    expect(await list({ from: '2099-01-01' })).toEqual([]);
    expect(await list({ until: '2099-01-01' })).toHaveLength(2);
    expect(await list({ until: '2000-01-01' })).toEqual([]);
    expect(await list({ cursor: 'bm90aGluZw' })).toBeUndefined();
  });

  test('a job that nobody works on says so', async () => {
    const job = await createdJob(researcher, jobBody(ground));
    expect(job.wait).toMatchObject({ kind: 'no-worker', until: null });
  });
});

import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { startPacs, testDatabase, testStudy, waitFor, writePlan, type Pacs, type TestDatabase } from '@viaduct/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startTestServer, type TestPerson, type TestServer } from '../harness/testServer.ts';
import { openPacs } from './openPacs.ts';

let postgres: TestDatabase;
let server: TestServer;
let pacs: Pacs;
let folder: string;
let operator: TestPerson;
let nodeId: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'viaduct-api-'));
  await mkdir(path.join(folder, 'roots'));
  const attributes = { BurnedInAnnotation: 'YES' };
  for (const label of ['one', 'two']) {
    await writePlan(path.join(folder, 'pacs'), testStudy({ label, instances: 2, attributes }));
  }
  pacs = await startPacs({ dir: path.join(folder, 'pacs'), aeTitle: 'PACSA' });
  postgres = await testDatabase();
  server = await startTestServer(postgres.connectionString, {
    pacs: (database) =>
      openPacs(
        database,
        {
          VIADUCT_AE_TITLE: 'VIADUCT',
          VIADUCT_LEASE_TTL_MS: 5_000,
          folderRoots: [path.join(folder, 'roots')],
          tlsFiles: path.join(folder, 'tls'),
        },
        Buffer.alloc(32, 1),
      ),
  });
  operator = await server.person('operator');
  const { data } = await operator.client.POST('/api/v1/nodes', {
    body: { kind: 'server', name: 'PACS A', aeTitle: 'PACSA', host: '127.0.0.1', port: pacs.port, maxAssociations: 1 },
  });
  nodeId = data?.id ?? '';
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await postgres[Symbol.asyncDispose]();
  await pacs.close();
  await rm(folder, { recursive: true });
});
beforeEach(() => pacs.setFaults({}));

const testNode = async () =>
  (await operator.client.POST('/api/v1/nodes/{id}/test', { params: { path: { id: nodeId } } })).data;
const health = async () =>
  (await operator.client.GET('/api/v1/nodes/{id}', { params: { path: { id: nodeId } } })).data?.health;
const search = async (criteria: object = {}) => {
  const { data } = await operator.client.POST('/api/v1/searches', { body: { sourceIds: [nodeId], ...criteria } });
  return data?.id ?? '';
};
const result = async (id: string, wait = 10_000) =>
  (await operator.client.GET('/api/v1/searches/{id}', { params: { path: { id }, query: { wait } } })).data;

test('a test shows each step with its time, and the node as well', async () => {
  const outcome = await testNode();
  expect(outcome).toMatchObject({ ok: true });
  expect(outcome?.faces[0]?.steps.map(({ step, ok }) => [step, ok])).toEqual([
    ['resolve', true],
    ['connect', true],
    ['associate', true],
    ['echo', true],
  ]);
  expect(await health()).toMatchObject({ state: 'ok' });
});

test('a wrong name of the server is said in words, and the node is failing', async () => {
  await pacs.setFaults({ refuseAssociation: 'called' });
  expect(await testNode()).toMatchObject({
    ok: false,
    faces: [
      {
        failure: { cause: 'called-ae-rejected' },
        sentence: 'PACS A does not know the name ‘PACSA’. Check the AE title of this node.',
      },
    ],
  });
  expect(await health()).toMatchObject({ state: 'failing' });
});

test('a search finds what the server has, with its series', async () => {
  const found = await result(await search());
  expect(found).toMatchObject({ state: 'done', sources: [{ state: 'done', count: 2 }] });
  const [study] = found?.studies ?? [];
  const params = { path: { nodeId, studyInstanceUid: study?.studyInstanceUid ?? '' } };
  const { data } = await operator.client.GET('/api/v1/studies/{nodeId}/{studyInstanceUid}/series', { params });
  expect(data?.items.length).toBeGreaterThan(0);
  const one = await result(await search({ studyInstanceUid: study?.studyInstanceUid }));
  expect(one?.studies).toHaveLength(1);
});

test('stopping a search is told to the server', async () => {
  await pacs.reset();
  await pacs.setFaults({ answerDelayMs: 300 });
  const id = await search({ fresh: true });
  await waitFor(async () => (await result(id, 0))?.studies.length === 1);
  await operator.client.DELETE('/api/v1/searches/{id}', { params: { path: { id } } });
  await waitFor(async () => (await pacs.state()).events.some(({ kind }) => kind === 'canceled'));
  await waitFor(async () => (await pacs.state()).openAssociations === 0);
});

test('a search that fails says why', async () => {
  await pacs.setFaults({ refuseStatus: { find: 0xa700 } });
  const found = await result(await search({ fresh: true }));
  expect(found?.sources[0]).toMatchObject({ state: 'failed' });
  expect(found?.sources[0]?.sentence).toContain('PACS A is overloaded');
});

describe('a preview', () => {
  const preview = async () => {
    const administrator = await server.person('administrator');
    const project = await administrator.client.POST('/api/v1/projects', {
      body: { name: `Previews ${performance.now()}`, trialProtocolId: 'T-9' },
    });
    const [study] = (await result(await search()))?.studies ?? [];
    return administrator.client.POST('/api/v1/previews', {
      body: {
        sourceId: nodeId,
        studyInstanceUid: study?.studyInstanceUid ?? '',
        projectId: project.data?.id ?? '',
      },
    });
  };

  test('has each element before and after, the trial and, of an image at risk, its picture', async () => {
    const { data } = await preview();
    const row = (keyword: string) => data?.rows.find((each) => each.keyword === keyword);
    expect(row('PatientName')).toMatchObject({ before: 'Test^Patient', outcome: 'replaced' });
    expect(row('ClinicalTrialProtocolID')).toMatchObject({ before: '', after: 'T-9' });
    expect(data?.pixels).toMatchObject({ do: 'review', risks: ['burned-in-annotation'] });
    expect(Buffer.from(data?.pixels.png ?? '', 'base64').toString('latin1', 1, 4)).toBe('PNG');
  });

  test('of a server that only sends by C-MOVE says why there is none and what to do', async () => {
    await server.database.client.node.update({ where: { id: nodeId }, data: { retrieveMethod: 'c-move' } });
    await pacs.setFaults({ refuseStatus: { get: 0x0122 } });
    const { error, response } = await preview();
    expect(response.status).toBe(502);
    expect(error?.detail).toMatch(/^PACS A .* A preview asks by C-GET: .*DICOMweb/);
  });
});

test('a folder outside of the roots is refused in words', async () => {
  const post = (name: string, where: string) =>
    operator.client.POST('/api/v1/nodes', { body: { kind: 'folder', name, path: where } });
  const { error } = await post('Outside', '/etc/viaduct');
  expect(error?.errors?.[0]).toMatchObject({ path: 'path' });
  expect(error?.errors?.[0]?.message).not.toContain('undefined');
  expect((await post('Inside', path.join(folder, 'roots', 'research'))).data).toMatchObject({ kind: 'folder' });
});

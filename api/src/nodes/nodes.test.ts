import type { NodeInput, NodePatch } from '@viaduct/client';
import type { Weekday } from '@viaduct/domain';
import { acquireSlot, beginRun, unseal, webSecretPurpose } from '@viaduct/prisma';
import { testDatabase, waitFor, type TestDatabase } from '@viaduct/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createdJob, jobBody, jobGround, type JobGround } from '../harness/jobs.ts';
import { startTestServer, type TestPerson, type TestServer } from '../harness/testServer.ts';

let postgres: TestDatabase;
let server: TestServer;
let administrator: TestPerson;
let ground: JobGround;
beforeAll(async () => {
  postgres = await testDatabase();
  server = await startTestServer(postgres.connectionString);
  administrator = await server.person('administrator');
  ground = await jobGround(server);
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await postgres[Symbol.asyncDispose]();
});

const serverNode = (name: string, port = 104) =>
  ({ kind: 'server', name, aeTitle: 'PACS', host: '127.0.0.1', port, maxAssociations: 3 }) as const;
const create = async (body: NodeInput) => (await post(body)).data;
const post = (body: NodeInput) => administrator.client.POST('/api/v1/nodes', { body });
const change = (id: string | undefined, body: NodePatch) =>
  administrator.client.PATCH('/api/v1/nodes/{id}', { params: { path: { id: id ?? '' } }, body });

test('a server is created with its limits, not asked yet, and no association open', async () => {
  const node = await create(serverNode('Created', 1001));
  expect(node).toMatchObject({
    kind: 'server',
    retrieveMethod: 'c-get',
    maxAssociations: 3,
    health: { state: 'unknown', text: 'Created has not been asked yet.' },
    load: { used: 0, of: 3 },
  });
});

test('a folder is a destination only, and has to lie where folders may', async () => {
  expect(await create({ kind: 'folder', name: 'Folder', path: '/allowed/a' })).toMatchObject({ maySource: false });
  const { error } = await post({ kind: 'folder', name: 'Outside', path: '/etc' });
  expect(error).toMatchObject({ status: 422, errors: [{ path: 'path', message: 'The folder lies outside.' }] });
});

test('names and addresses are taken only once', async () => {
  await create(serverNode('Twice', 1002));
  expect((await post(serverNode('Twice', 1003))).error).toMatchObject({ status: 409, errors: [{ path: 'name' }] });
  expect((await post(serverNode('Other', 1002))).error).toMatchObject({ status: 409, errors: [{ path: 'aeTitle' }] });
});

test('servers come before folders, each by name', async () => {
  const { data } = await administrator.client.GET('/api/v1/nodes');
  const order = data?.items.map(({ kind, name }) => `${kind === 'server' ? 0 : 1} ${name}`) ?? [];
  expect(order).toEqual([...order].sort());
});

test('a node changes in the fields that were sent, and only in those of its kind', async () => {
  const node = await create(serverNode('Changing', 1004));
  expect((await change(node?.id, { maxAssociations: 5 })).data).toMatchObject({
    name: 'Changing',
    load: { used: 0, of: 5 },
  });
  expect((await change(node?.id, { path: '/allowed/b' })).error).toMatchObject({
    status: 422,
    errors: [{ path: 'path' }],
  });
});

const WEEKNIGHTS = { timeZone: 'Europe/Berlin', weekly: [{ days: [1, 2, 3, 4, 5], from: '22:00', to: '06:00' }] };

test('hours, limits and the character set of queries are kept, and the hours told as a clock', async () => {
  const never = {
    timeZone: 'UTC',
    weekly: [{ days: [((new Date().getUTCDay() + 2) % 7) + 1], from: '00:00', to: '00:01' }],
  };
  const more = {
    requestsPerMinute: 600,
    megabytesPerSecond: 12.5,
    queryCharacterSet: 'ISO_IR 192',
    probe: false,
  } as const;
  const node = await create({ ...serverNode('Hours', 1010), windows: WEEKNIGHTS, ...more });
  expect(node).toMatchObject({ ...more, windows: WEEKNIGHTS });
  expect((await change(node?.id, { windows: null })).data?.gate).toEqual({
    open: true,
    changesAt: null,
    text: 'Open at any hour.',
  });
  const closed = (await change(node?.id, { windows: never })).data;
  expect(closed?.gate).toMatchObject({ open: false, text: 'Outside its hours.' });
  expect(closed?.gate.changesAt).toMatch(/T00:00:00.000Z$/);
});

const WEEKLY = { days: [1], from: '22:00', to: '06:00' };
const weekly = (over: object) => ({ windows: { timeZone: 'UTC', weekly: [{ ...WEEKLY, ...over }] } });
test.each([
  ['name', 'This is needed.', { name: ' ' }],
  ['name', 'At most 100 characters.', { name: 'x'.repeat(101) }],
  ['aeTitle', 'At most 16 characters.', { aeTitle: 'SEVENTEEN LETTERS' }],
  ['aeTitle', 'Letters, digits and signs of plain ASCII only, no backslash.', { aeTitle: 'BACK\\SLASH' }],
  ['aeTitle', 'Letters, digits and signs of plain ASCII only, no backslash.', { aeTitle: 'ÜMLAUT' }],
  ['callingAeTitle', 'This is needed.', { callingAeTitle: '' }],
  ['host', 'This is needed.', { host: ' ' }],
  ['port', 'At least 1.', { port: 0 }],
  ['port', 'At most 65,535.', { port: 65_536 }],
  ['port', 'This has to be a number.', { port: '104' }],
  ['maxAssociations', 'At least 1.', { maxAssociations: 0 }],
  ['maxAssociations', 'At most 64.', { maxAssociations: 65 }],
  ['maxAssociations', 'This has to be a whole number.', { maxAssociations: 1.5 }],
  ['requestsPerMinute', 'At least 1.', { requestsPerMinute: -700 }],
  ['megabytesPerSecond', 'At least 0.1.', { megabytesPerSecond: 0 }],
  ['connectTimeoutMs', 'At least 100.', { connectTimeoutMs: 99 }],
  ['associationTimeoutMs', 'At most 3,600,000.', { associationTimeoutMs: 3_600_001 }],
  ['responseTimeoutMs', 'This is needed.', { responseTimeoutMs: null }],
  ['idleTimeoutMs', 'This has to be a number.', { idleTimeoutMs: '5 s' }],
  ['queryCharacterSet', /^One of these: ISO_IR 6, /, { queryCharacterSet: 'UTF-8' }],
  ['retrieveMethod', 'One of these: c-get, c-move.', { retrieveMethod: 'c-store' }],
  ['windows.timeZone', 'There is no such time zone.', { windows: { timeZone: 'Moon/Base', weekly: [WEEKLY] } }],
  ['windows.timeZone', 'This is needed.', { windows: { weekly: [WEEKLY] } }],
  ['windows.weekly', /window/, { windows: { timeZone: 'UTC', weekly: [] } }],
  ['windows.weekly.0.days', 'At least 1 entry.', weekly({ days: [] })],
  ['windows.weekly.0.days.0', 'At most 7.', weekly({ days: [8] })],
  ['windows.weekly.0.from', 'Write a time as 22:00.', weekly({ from: '24:00' })],
  ['windows.weekly.0.to', 'Write a time as 22:00.', weekly({ to: '6:00' })],
  ['', 'There is no such field: maxAssocations.', { maxAssocations: 3 }],
])('%s of a server is checked: %s', async (path, message, over) => {
  // What is not valid cannot be written in TypeScript.
  const asked = [
    await post({ ...serverNode('Odd', 1020), ...over } as never),
    await change(ground.sourceId, over as never),
  ];
  for (const { error } of asked) {
    expect(error?.status).toBe(422);
    const [first] = error?.errors ?? [];
    expect(first?.path).toBe(path);
    if (typeof message === 'string') expect(first?.message).toBe(message);
    else expect(first?.message).toMatch(message);
  }
});

describe('the DICOMweb face', () => {
  const WEB = {
    webUrl: 'https://pacs.example/dicomweb',
    webWadoPrefix: 'wado',
    webAuth: 'basic',
    webAuthName: 'viaduct',
    webAuthSecret: 'a secret that nobody sees',
  } as const;

  test('may be the only one, and its secret is kept sealed and never shown', async () => {
    const { webAuthSecret, ...shown } = WEB;
    const node = await create({ kind: 'server', name: 'Web', ...WEB });
    expect(node).toMatchObject({ ...shown, hasWebAuthSecret: true, aeTitle: null });
    expect(JSON.stringify(node)).not.toContain(webAuthSecret);
    const row = await server.database.client.node.findUniqueOrThrow({ where: { id: node?.id ?? '' } });
    expect(Buffer.from(row.webAuthSecret ?? []).includes(webAuthSecret)).toBe(false);
    const opened = unseal(Buffer.alloc(32, 1), row.webAuthSecret ?? new Uint8Array(), webSecretPurpose(row.id));
    expect(opened.toString()).toBe(webAuthSecret);
    // What is not sent stays.
    expect((await change(node?.id, { notes: 'x' })).data?.hasWebAuthSecret).toBe(true);
    const without = { webAuth: 'none', webAuthSecret: null } as const;
    expect((await change(node?.id, without)).data).toMatchObject({ webAuth: 'none', hasWebAuthSecret: false });
  });

  test.each([
    ['aeTitle', {}],
    ['host', { aeTitle: 'A' }],
    ['webUrl', { aeTitle: 'A', host: 'x', port: 104, webAuth: 'basic' }],
    ['webUrl', { aeTitle: 'A', host: 'x', port: 104, face: 'web' }],
    ['tlsKey', { aeTitle: 'A', host: 'x', port: 104, tlsCertificate: 'client.pem' }],
    ['tlsCa', { aeTitle: 'A', host: 'x', port: 104, tlsCa: '../keys/master.key' }],
    ['webAuthName', { ...WEB, webAuthName: null }],
    ['webAuthSecret', { ...WEB, webAuthSecret: null }],
    ['webAuthTokenUrl', { ...WEB, webAuth: 'oauth2' }],
    ['webUrl', { ...WEB, webUrl: 'ftp://pacs.example' }],
    ['webUrl', { ...WEB, webUrl: 'https://user:pass@pacs.example' }],
    ['webQidoPrefix', { ...WEB, webQidoPrefix: '/qido/' }],
  ] as const)('%s is asked for in words: %j', async (path, faces) => {
    expect((await post({ kind: 'server', name: 'Odd', ...faces })).error).toMatchObject({
      status: 422,
      errors: [{ path }],
    });
  });
});

describe('suspending', () => {
  const suspend = (id: string, reason: string) =>
    administrator.client.POST('/api/v1/nodes/{id}/suspend', { params: { path: { id } }, body: { reason } });
  const resume = (id: string) => administrator.client.POST('/api/v1/nodes/{id}/resume', { params: { path: { id } } });

  test('says who did it and why, tells the jobs that work with it, and can be taken back', async () => {
    const { id } = await createdJob(administrator, jobBody(ground));
    await beginRun(server.database.pool, { jobId: id, runNo: 1 });
    const { data } = await suspend(ground.sourceId, 'Moves to another rack');
    expect(data).toMatchObject({
      suspended: true,
      suspendedBy: 'Some administrator',
      health: { state: 'suspended', text: 'PACS A is suspended: Moves to another rack' },
      gate: { open: false, changesAt: null },
      openJobs: 1,
    });
    const workflow = `job/${id}/run/1`;
    await waitFor(() => server.engine.told.includes(`gatesChanged ${workflow}`));
    expect((await resume(ground.sourceId)).data).toMatchObject({
      suspended: false,
      suspendedReason: null,
      suspendedBy: null,
    });
    await change(ground.destinationId, { windows: WEEKNIGHTS });
    const signals = () => server.engine.told.filter((line) => line === `gatesChanged ${workflow}`).length;
    await waitFor(() => signals() === 3);
  });

  test('needs a reason', async () => {
    const node = await create(serverNode('Reasonless', 1011));
    expect((await suspend(node?.id ?? '', ' ')).error).toMatchObject({ status: 422, errors: [{ path: 'reason' }] });
  });
});

test('the load names the jobs that hold associations', async () => {
  const node = await create(serverNode('Busy', 1012));
  const nodeId = node?.id ?? '';
  const { id, number } = await createdJob(administrator, jobBody({ ...ground, sourceId: nodeId }));
  const slot = { nodeId, holder: 'host', ttlMs: 60_000 };
  for (const jobId of [id, id, null]) await acquireSlot(server.database.pool, { ...slot, jobId });
  const { data } = await administrator.client.GET('/api/v1/nodes/{id}', { params: { path: { id: nodeId } } });
  expect(data?.load).toEqual({ used: 3, of: 3, allowed: 3, jobs: [{ id, number, used: 2 }], requests: null });
});

test('a failed contact shows as a sentence with the address', async () => {
  const node = await create(serverNode('Down', 1005));
  const where = { id: node?.id ?? '' };
  await server.database.client.node.update({
    where,
    data: { lastCause: 'connection-refused', lastCauseAt: new Date() },
  });
  const { data } = await administrator.client.GET('/api/v1/nodes/{id}', { params: { path: where } });
  expect(data?.health.state).toBe('failing');
  expect(data?.health.text).toContain('Down does not accept connections on 127.0.0.1:1005.');
});

test('a test answers with its steps', async () => {
  const node = await create(serverNode('Tested', 1006));
  const params = { path: { id: node?.id ?? '' } };
  const { data } = await administrator.client.POST('/api/v1/nodes/{id}/test', { params });
  expect(data).toEqual({
    ok: true,
    faces: [{ face: 'dimse', ok: true, steps: [{ step: 'echo', ok: true, ms: 1.5 }] }],
  });
});

test('what a server accepts is unknown until somebody finds out, and then kept with its names', async () => {
  const node = await create(serverNode('Probed', 1008));
  const params = { path: { id: node?.id ?? '' } };
  const path = '/api/v1/nodes/{id}/capabilities';
  expect((await administrator.client.GET(path, { params })).data).toMatchObject({ probedAt: null, storage: [] });
  const { data } = await administrator.client.POST(path, { params });
  expect(data).toMatchObject({
    services: { verification: true, find: ['study'], get: [], move: [], storageCommitment: false },
    storage: [{ name: 'CT Image Storage', transferSyntaxes: [{ name: 'Explicit VR Little Endian' }] }],
  });
  expect((await administrator.client.GET(path, { params })).data).toEqual(data);
});

test('what a server accepts is forgotten when another one may answer, and only then', async () => {
  const node = await create(serverNode('Moved', 4001));
  const params = { path: { id: node?.id ?? '' } };
  const path = '/api/v1/nodes/{id}/capabilities';
  const { data: found } = await administrator.client.POST(path, { params });
  const after = async (body: NodePatch) => {
    expect((await change(node?.id, body)).error).toBeUndefined();
    return (await administrator.client.GET(path, { params })).data;
  };
  expect(await after({ notes: 'in the cellar', port: 4001 })).toEqual(found);
  expect(await after({ port: 4002 })).toMatchObject({ probedAt: null });
});

describe('letting a server send a small series', () => {
  const path = '/api/v1/nodes/{id}/test-move';
  const sendTo = async (id: string) => administrator.client.POST(path, { params: { path: { id } } });

  test('is only for servers that are fetched from by C-MOVE, and that may be asked now', async () => {
    const byGet = await create(serverNode('Gives', 3009));
    expect((await sendTo(byGet?.id ?? '')).error).toMatchObject({
      status: 409,
      detail: 'Nothing is fetched from Gives by C-MOVE.',
    });
    // Not today, nor over midnight.
    const days = [((new Date().getUTCDay() + 2) % 7) + 1] as Weekday[];
    const closed = { timeZone: 'UTC', weekly: [{ days, from: '08:00', to: '10:00' }] };
    const shut = await create({ ...serverNode('Shut', 3010), retrieveMethod: 'c-move', windows: closed });
    expect((await sendTo(shut?.id ?? '')).error).toMatchObject({ detail: 'Outside the hours of Shut.' });
  });

  test('says of each receiver what came of it', async () => {
    const node = await create({ ...serverNode('Sends', 3011), retrieveMethod: 'c-move' });
    expect((await sendTo(node?.id ?? '')).error).toMatchObject({ status: 503 });
    const host = { receiverAeTitle: 'VIADUCT_RX', receiverHost: '0.0.0.0', receiverPort: 11112, receiverUp: true };
    for (const id of ['host-1', 'host-2']) await server.database.client.workerHost.create({ data: { id, ...host } });
    server.engine.trials.set('host-1', { kind: 'arrived', asked: 3, arrived: 3, ms: 20 });
    const facts = { receiverAETitle: 'VIADUCT_RX' };
    server.engine.trials.set('host-2', { kind: 'failed', cause: 'move-destination-unknown', facts });
    const { data } = await sendTo(node?.id ?? '');
    expect(data).toMatchObject({
      ok: false,
      receivers: [
        { host: 'host-1', ok: true, sentence: '3 of 3 images arrived: Sends knows this receiver.' },
        { host: 'host-2', address: 'the address of host-2', failure: { cause: 'move-destination-unknown' } },
      ],
    });
    expect(data?.receivers[1]?.sentence).toContain('register ‘VIADUCT_RX’');
  });
});

test('a node can be deleted', async () => {
  const node = await create(serverNode('Gone', 1007));
  const params = { path: { id: node?.id ?? '' } };
  expect((await administrator.client.DELETE('/api/v1/nodes/{id}', { params })).response.status).toBe(204);
  expect((await administrator.client.DELETE('/api/v1/nodes/{id}', { params })).response.status).toBe(404);
});

test('a project never shows its key, which is sealed in the database', async () => {
  const { data } = await administrator.client.POST('/api/v1/projects', {
    body: { name: 'Kept', trialProtocolId: 'T-1' },
  });
  expect(data).toMatchObject({ name: 'Kept', profileId: 'research', trialProtocolId: 'T-1', jobs: 0 });
  const row = await server.database.client.project.findUniqueOrThrow({ where: { id: data?.id ?? '' } });
  expect(row.sealedKey.length).toBeGreaterThan(32);
  expect(JSON.stringify(data)).not.toContain('ey"');
  const again = await administrator.client.POST('/api/v1/projects', { body: { name: 'Kept' } });
  expect(again.error).toMatchObject({ status: 409, errors: [{ path: 'name' }] });
  const params = { path: { id: data?.id ?? '' } };
  const renamed = await administrator.client.PATCH('/api/v1/projects/{id}', { params, body: { name: 'Renamed' } });
  expect(renamed.data).toMatchObject({ name: 'Renamed', trialProtocolId: 'T-1' });
});

import { createHash } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { seal, webSecretPurpose } from '@viaduct/prisma';
import { startOrthanc, startStorescp } from '@viaduct/testing';
import { expect, test } from 'vitest';
import { MASTER_KEY, openSite, outgoing, sinkInto, type Site } from '../harness/site.ts';
import { retrieveMethodOf, type GatewayNode } from '../node.ts';

const TLS = path.join(import.meta.dirname, '../../../testing/tls');
const OURS = { tls: true, tlsCa: 'ca.pem', tlsCertificate: 'client.pem', tlsKey: 'client.key', host: 'localhost' };
const CT = { abstractSyntax: '1.2.840.10008.5.1.4.1.1.2', transferSyntaxes: ['1.2.840.10008.1.2.1'] };
const NO_DIMSE = { aeTitle: null, port: null };

const expectedAt = ({ study }: Site) =>
  study.instances.map(({ sopInstanceUID, seriesInstanceUID }) => ({
    sopInstanceUid: sopInstanceUID,
    seriesInstanceUid: seriesInstanceUID,
  }));

/** The node with its secret, as it is kept. */
async function withSecret(site: Site, { id }: GatewayNode, secret: string): Promise<GatewayNode> {
  const webAuthSecret = Uint8Array.from(seal(MASTER_KEY, Buffer.from(secret), webSecretPurpose(id)));
  return site.database.client.node.update({ where: { id }, data: { webAuthSecret } });
}

async function storeAll(site: Site, node: GatewayNode): Promise<number[]> {
  const session = await site.gateway.open(node, [CT]);
  const items = await Promise.all(
    site.study.instances.map(async ({ path: file }) => ({ instance: await outgoing(file), relativePath: '' })),
  );
  const stored = await session.store(items);
  await session.close();
  return stored.map(({ status }) => status);
}

async function testedSteps(site: Site, node: GatewayNode) {
  const { ok, faces } = await site.gateway.test(node);
  return { ok, faces: faces.map(({ face, steps, cause }) => [face, steps.map(({ step }) => step).join(' '), cause]) };
}

test('a server with a DICOMweb face only takes instances, shows, finds and gives them byte for byte', async () => {
  await using site = await openSite();
  await using orthanc = await startOrthanc({
    dicomWeb: true,
    configuration: { AuthenticationEnabled: true, RegisteredUsers: { viaduct: 'secret' } },
  });
  const webUrl = orthanc.url;
  const signedOut = await site.server(NO_DIMSE, {
    host: null,
    webUrl,
    webQidoPrefix: 'dicom-web',
    webWadoPrefix: 'dicom-web',
    webStowPrefix: 'dicom-web',
    webAuth: 'basic',
    webAuthName: 'viaduct',
  });
  const refused = await site.gateway.test(await withSecret(site, signedOut, 'wrong'));
  expect(refused.faces).toMatchObject([{ face: 'web', ok: false, cause: 'sign-in-refused' }]);

  const node = await withSecret(site, signedOut, 'secret');
  expect(retrieveMethodOf(node)).toBe('wado');
  expect(await testedSteps(site, node)).toEqual({ ok: true, faces: [['web', 'resolve search', undefined]] });
  const { studyInstanceUID: studyInstanceUid } = site.study;
  await expect(site.gateway.findContents(node, { studyInstanceUid })).rejects.toMatchObject({
    reason: 'study-unknown',
  });
  expect(await storeAll(site, node)).toEqual([0, 0, 0, 0, 0, 0]);

  const uids = site.study.instances.map(({ sopInstanceUID }) => sopInstanceUID);
  const present = await site.gateway.verify(node, studyInstanceUid, expectedAt(site));
  expect([...present].toSorted()).toEqual(uids.toSorted());
  const plain = { ...node, quirks: ['plain-web-queries'] };
  const found = [];
  for await (const study of site.gateway.findStudies(plain, { patientName: 'Müller, A' })) found.push(study);
  expect(found).toMatchObject([{ studyInstanceUid, patientName: 'Müller^Ann', numberOfInstances: 6 }]);
  const contents = await site.gateway.findContents(node, { studyInstanceUid });
  expect(contents.instances.map(({ sopInstanceUid }) => sopInstanceUid).toSorted()).toEqual(uids.toSorted());

  const into = path.join(site.folder, 'web');
  await mkdir(into);
  const sink = sinkInto(into);
  const [first] = expectedAt(site);
  const { sopInstanceUid = '', seriesInstanceUid = '' } = first ?? {};
  const one = { studyInstanceUid, seriesInstanceUid, sopInstanceUids: ['1.2.3', sopInstanceUid] };
  expect(await site.gateway.get(node, one, undefined, sink)).toMatchObject({ completed: 1, failed: 0 });
  expect(await site.gateway.get(node, { studyInstanceUid }, undefined, sink)).toMatchObject({ completed: 6 });
  for (const { sopInstanceUID, bytes, sha256 } of sink.stored) {
    const sent = await readFile(
      site.study.instances.find((each) => each.sopInstanceUID === sopInstanceUID)?.path ?? '',
    );
    expect(createHash('sha256').update(sent.subarray(-bytes)).digest('hex')).toBe(sha256);
  }
});

test('a key in a header of its own is sent, and the kept connection survives that the server closes it', async () => {
  await using site = await openSite();
  const keys: unknown[] = [];
  const server = createServer((request, response) => {
    keys.push(request.headers['x-api-key']);
    response.writeHead(204).end(() => setImmediate(() => server.closeIdleConnections()));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    const { port } = server.address() as AddressInfo;
    const face = { host: null, webUrl: `http://127.0.0.1:${port}/`, webAuth: 'header', webAuthName: 'X-Api-Key' };
    const node = await withSecret(site, await site.server(NO_DIMSE, face), 'k1');
    for (let turn = 0; turn < 3; turn += 1) expect(await site.gateway.findSeries(node, '1.2')).toEqual([]);
    expect(keys).toEqual(['k1', 'k1', 'k1']);
  } finally {
    server.closeAllConnections();
    server.close();
  }
});

test('both faces of a server are tested, the one that work uses first', async () => {
  await using site = await openSite();
  const both = { webUrl: 'http://127.0.0.1:1/dicom-web' };
  const node = await site.server(site.pacs, { ...both, face: 'web' });
  const expected = [
    ['web', 'resolve connect', 'connection-refused'],
    ['dimse', 'resolve connect associate echo', undefined],
  ];
  expect(await testedSteps(site, node)).toEqual({ ok: false, faces: expected });
  expect(await testedSteps(site, { ...node, face: 'dimse' })).toEqual({ ok: false, faces: expected.toReversed() });
});

test('a server over TLS that wants our certificate gives its images; without it, it is told why not', async () => {
  const pem = (name: string) => readFile(path.join(TLS, name), 'utf8');
  const [cert, key, clientCa] = await Promise.all(['server.pem', 'server.key', 'ca.pem'].map(pem));
  await using site = await openSite({}, { cert: cert ?? '', key: key ?? '', clientCa });
  const node = await site.server(site.pacs, OURS);
  expect((await site.gateway.test(node)).ok).toBe(true);
  const sink = sinkInto(site.folder);
  await site.gateway.get(node, { studyInstanceUid: site.study.studyInstanceUID }, undefined, sink);
  expect(sink.stored).toHaveLength(6);
  const problemOf = async (changes: Partial<GatewayNode>) => {
    const { cause, facts } = (await site.gateway.test({ ...node, ...changes })).faces[0] ?? {};
    return `${cause} ${facts?.['problem']}`;
  };
  expect(await problemOf({ tlsCa: 'other.pem' })).toBe('tls-failure certificate-untrusted');
  expect(await problemOf({ tlsServerName: 'pacs.example.org' })).toBe('tls-failure certificate-name');
  expect(await problemOf({ tlsCertificate: null, tlsKey: null })).toMatch(/^tls-failure (our-cert|closed-after)/);
  expect(await problemOf({ tlsCa: 'none.pem' })).toBe('tls-failure file-missing');
  expect(await problemOf({ tlsKey: 'server.key' })).toBe('tls-failure key-unusable');
  expect((await site.gateway.test({ ...node, tlsKey: 'sealed.key' })).ok).toBe(true);
  expect(await problemOf({ tlsCa: '../tls/ca.pem' })).toBe('tls-failure file-missing');
});

test('storescp takes images over TLS with certificates on both sides', async () => {
  await using site = await openSite();
  const file = (name: string) => path.join(TLS, name);
  const args = ['+tls', file('server.key'), file('server.pem'), '+cf', file('ca.pem'), '-rc'];
  await using storescp = await startStorescp({ args });
  const node = await site.server(storescp, OURS);
  expect(await storeAll(site, node)).toEqual([0, 0, 0, 0, 0, 0]);
  expect(await storescp.files()).toHaveLength(6);
});

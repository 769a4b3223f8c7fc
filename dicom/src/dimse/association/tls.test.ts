import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { testFile } from '../../testFiles.ts';
import { readFileMeta } from '../../part10/index.ts';
import { echo } from '../echo.ts';
import {
  filesBelow,
  peerAt,
  run,
  runAgainstUs,
  startOrthanc,
  startStorescp,
  temporaryFolder,
  until,
} from '../peers/peers.ts';
import { scriptedServer } from '../peers/scriptedPeer.ts';
import { find } from '../query/find.ts';
import { openStoreAssociation } from '../store/scu.ts';
import { startStorageScp } from '../store/scp.ts';
import type { StorageScp, StorageScpOptions } from '../store/scp.ts';
import type { StoredInstance, TlsClient } from '../types.ts';

const folder = join(import.meta.dirname, '../../../../testing/tls');
const file = (name: string) => join(folder, name);
const pem = (name: string) => readFileSync(file(name), 'utf8');
const server = { cert: pem('server.pem'), key: pem('server.key') };
const client = { cert: pem('client.pem'), key: pem('client.key') };
const stranger = { cert: pem('stranger.pem'), key: pem('stranger.key') };
const ca = pem('ca.pem');
const CT = testFile('ct/CT_small.dcm');

const stack: AsyncDisposable[] = [];
afterEach(async () => {
  for (const one of stack.splice(0).reverse()) await one[Symbol.asyncDispose]();
});

function keep<T extends AsyncDisposable>(one: T): T {
  stack.push(one);
  return one;
}

async function receiver(tls: StorageScpOptions['tls'], changes: Partial<StorageScpOptions> = {}) {
  const received = keep(await temporaryFolder());
  const stored: StoredInstance[] = [];
  const errors: unknown[] = [];
  const names: (string | undefined)[] = [];
  const scp: StorageScp = await startStorageScp({
    aeTitle: 'RX',
    host: '127.0.0.1',
    port: 0,
    tls,
    authorize: ({ certificateName }) => {
      names.push(certificateName);
      return 'accept';
    },
    sink: {
      begin: ({ sopInstanceUID }) => ({ path: join(received.path, sopInstanceUID) }),
      done: (instance) => {
        stored.push(instance);
        return 0;
      },
    },
    onError: (error) => errors.push(error),
    ...changes,
  });
  keep({ [Symbol.asyncDispose]: () => scp.close() });
  return { port: scp.port, stored, errors, names };
}

const secure = (port: number, tls: TlsClient, aeTitle = 'RX') => peerAt(port, aeTitle, { tls });

async function sendCt(peer: ReturnType<typeof peerAt>): Promise<number> {
  const { meta, dataSetOffset: start, fileSize: end } = await readFileMeta(CT);
  const proposal = { abstractSyntax: meta.sopClassUID, transferSyntaxes: [meta.transferSyntaxUID] };
  const association = await openStoreAssociation(peer, [proposal]);
  const { status } = await association.store({ ...meta, dataSet: [{ path: CT, start, end }] });
  await association.release();
  return status;
}

describe('between us', () => {
  it('stores over TLS, with and without a client certificate', async () => {
    const open = await receiver(server);
    expect(await sendCt(secure(open.port, { ca }))).toBe(0);
    const closed = await receiver({ ...server, clientCa: ca });
    expect(await sendCt(secure(closed.port, { ca, ...client }))).toBe(0);
    expect(closed.names).toEqual(['VIADUCT']);
    expect(open.stored[0]?.sha256).toBe(closed.stored[0]?.sha256);
  });

  it.each<[string, Partial<TlsClient>, string]>([
    ['an authority that is not trusted', { ca: pem('other.pem') }, 'certificate-untrusted'],
    ['the system’s authorities', { ca: undefined }, 'certificate-untrusted'],
    ['another name', { serverName: 'pacs.example' }, 'certificate-name'],
    ['another address', { serverName: '127.0.0.9' }, 'certificate-name'],
  ])('refuses a server by %s', async (_name, changes, problem) => {
    const { port } = await receiver(server);
    const failure = { reason: 'tls-failure', facts: { problem } };
    await expect(echo(secure(port, { ca, ...changes }))).rejects.toMatchObject(failure);
  });

  it('refuses a server whose certificate has expired', async () => {
    const { port } = await receiver({ cert: pem('expired.pem'), key: pem('expired.key') });
    const failure = { reason: 'tls-failure', facts: { problem: 'certificate-expired' } };
    await expect(echo(secure(port, { ca }))).rejects.toMatchObject(failure);
  });

  it('says that the server does not speak TLS', async () => {
    const { port } = await receiver(undefined);
    await expect(echo(secure(port, { ca }))).rejects.toMatchObject({ reason: 'tls-failure' });
    await using other = await scriptedServer(async (peer) =>
      peer.write(Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n')),
    );
    const failure = { reason: 'tls-failure', facts: { problem: 'no-tls' } };
    await expect(echo(secure(other.port, { ca }))).rejects.toMatchObject(failure);
  });

  it.each<[string, Partial<TlsClient>, string]>([
    ['no certificate', {}, 'our-certificate-required'],
    ['a certificate of another authority', stranger, 'closed-after-handshake'],
  ])('refuses a client with %s, and both ends know why', async (_name, credentials, problem) => {
    const { port, errors } = await receiver({ ...server, clientCa: ca });
    const failure = { reason: 'tls-failure', facts: { problem } };
    await expect(echo(secure(port, { ca, ...credentials }))).rejects.toMatchObject(failure);
    await until(() => errors.length > 0);
    expect(errors[0]).toMatchObject({ reason: 'tls-failure' });
    expect(await sendCt(secure(port, { ca, ...client }))).toBe(0);
  });

  it('refuses a peer that does not speak TLS', async () => {
    const { port } = await receiver(server, { limits: { associationTimeoutMs: 500 } });
    await expect(echo(peerAt(port, 'RX'))).rejects.toMatchObject({
      reason: expect.stringMatching(/closed-without-response|protocol-violation/) as string,
    });
  });
});

describe('with DCMTK', () => {
  const theirs = ['+tls', file('client.key'), file('client.pem'), '+cf', file('ca.pem')];

  it('sends to storescp, which wants a certificate', async () => {
    const storescp = keep(
      await startStorescp('+tls', file('server.key'), file('server.pem'), '+cf', file('ca.pem'), '-rc', '+xa'),
    );
    expect(await sendCt(secure(storescp.port, { ca, ...client }, 'STORESCP'))).toBe(0);
    expect(await filesBelow(storescp.folder)).toHaveLength(1);
    await expect(echo(secure(storescp.port, { ca, ...stranger }, 'STORESCP'))).rejects.toMatchObject({
      reason: 'tls-failure',
    });
  });

  it('receives from storescu and echoscu, and refuses strangers', async () => {
    const { port, stored } = await receiver({ ...server, clientCa: ca });
    const address = ['-aec', 'RX', '127.0.0.1', String(port)];
    expect(await runAgainstUs('echoscu', [...theirs, ...address])).toMatchObject({ code: 0 });
    expect(await runAgainstUs('storescu', [...theirs, ...address, CT])).toMatchObject({ code: 0 });
    expect(stored).toHaveLength(1);
    const wrong = ['+tls', file('stranger.key'), file('stranger.pem'), '+cf', file('ca.pem')];
    expect((await runAgainstUs('echoscu', [...wrong, ...address])).code).not.toBe(0);
    const untrusting = ['+tls', file('client.key'), file('client.pem'), '+cf', file('other.pem')];
    expect((await runAgainstUs('echoscu', [...untrusting, ...address])).code).not.toBe(0);
  });
});

describe('with Orthanc', () => {
  it('stores, finds and verifies, and its own C-STORE and C-ECHO come to us over TLS', async () => {
    const { port, stored } = await receiver({ ...server, clientCa: ca });
    const orthanc = keep(
      await startOrthanc(
        { rx: { AET: 'RX', Host: 'localhost', Port: port, UseDicomTls: true } },
        {
          DicomTlsEnabled: true,
          DicomTlsPrivateKey: file('server.key'),
          DicomTlsCertificate: file('server.pem'),
          DicomTlsTrustedCertificates: file('ca.pem'),
          DicomTlsRemoteCertificateRequired: true,
        },
      ),
    );
    const peer = secure(orthanc.port, { ca, ...client, serverName: 'localhost' }, 'ORTHANC');
    await echo(peer);
    expect(await sendCt(peer)).toBe(0);
    const answers: string[] = [];
    for await (const answer of find(peer, 'STUDY', { PatientID: '' })) answers.push(answer['PatientID']?.[0] ?? '');
    expect(answers).toEqual(['1CT1']);
    await expect(echo({ ...peer, tls: { ca, serverName: 'localhost' } })).rejects.toMatchObject({
      reason: 'tls-failure',
    });
    const ask = (route: string, body: string) =>
      fetch(`http://127.0.0.1:${orthanc.httpPort}/modalities/rx/${route}`, { method: 'POST', body });
    expect((await ask('echo', '{}')).status).toBe(200);
    const [id] = (await (await fetch(`http://127.0.0.1:${orthanc.httpPort}/instances`)).json()) as string[];
    expect((await ask('store', id ?? '')).status).toBe(200);
    expect(stored).toHaveLength(1);
  });
});

it('DCMTK here speaks TLS', () => {
  expect(run('echoscu', ['--version']).output).toContain('OpenSSL');
});

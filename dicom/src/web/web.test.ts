import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { IncomingMessage, RequestListener, Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startOrthanc, temporaryFolder } from '../dimse/peers/peers.ts';
import type { InstanceSink, OutgoingInstance, StoredInstance } from '../dimse/types.ts';
import { readFileMeta } from '../part10/index.ts';
import { testFile } from '../testFiles.ts';
import { WebClient } from './client.ts';
import { retrieve } from './retrieve.ts';
import { search } from './search.ts';
import { store } from './store.ts';
import type { WebPeer } from './types.ts';

const pem = (name: string) => readFileSync(join(import.meta.dirname, '../../../testing/tls', name), 'utf8');
const FILES = [
  'ct/CT_small.dcm',
  'mr/MR_small_RLE.dcm',
  'nm/JPEG2000.dcm',
  'charset/chrGerm.dcm',
  'us/examples_ybr_color.dcm',
];

function peerAt(url: string, changes: Partial<WebPeer> = {}): WebPeer {
  return { url, connectTimeoutMs: 5_000, responseTimeoutMs: 20_000, idleTimeoutMs: 20_000, ...changes };
}

async function outgoing(name: string): Promise<OutgoingInstance & { sha256: string }> {
  const path = testFile(name);
  const { meta, dataSetOffset: start, fileSize: end } = await readFileMeta(path);
  const sha256 = createHash('sha256')
    .update((await readFile(path)).subarray(start))
    .digest('hex');
  return { ...meta, dataSet: [{ path, start, end }], sha256 };
}

function collecting(folder: string, changes: Partial<InstanceSink> = {}) {
  const stored: StoredInstance[] = [];
  const sink: InstanceSink = {
    begin: ({ sopInstanceUID }) => ({ path: join(folder, `${sopInstanceUID}.dcm`) }),
    done: (instance) => {
      stored.push(instance);
      return 0;
    },
    ...changes,
  };
  return { stored, sink };
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

/** A server that answers as told. */
async function answering(listener: RequestListener, secure = false): Promise<AsyncDisposable & { url: string }> {
  const server: Server = secure
    ? createSecureServer(
        { cert: pem('server.pem'), key: pem('server.key'), ca: pem('ca.pem'), requestCert: true },
        listener,
      )
    : createServer(listener);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `${secure ? 'https://localhost' : 'http://127.0.0.1'}:${port}/dicom-web/`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts).toString('latin1');
}

describe('with Orthanc’s DICOMweb plugin', () => {
  let orthanc: Awaited<ReturnType<typeof startOrthanc>>;
  let client: WebClient;
  let instances: Awaited<ReturnType<typeof outgoing>>[];

  beforeAll(async () => {
    const plugin = '/usr/share/orthanc/plugins/libOrthancDicomWeb.so';
    orthanc = await startOrthanc(
      {},
      {
        Plugins: [plugin],
        DicomWeb: { Enable: true, Root: '/dicom-web/' },
        AuthenticationEnabled: true,
        RegisteredUsers: { me: 'secret' },
      },
    );
    const authorization = { kind: 'basic', username: 'me', password: 'secret' } as const;
    client = new WebClient(peerAt(`http://127.0.0.1:${orthanc.httpPort}/dicom-web`, { authorization }));
    instances = await Promise.all(FILES.map(outgoing));
    const outcomes = await store(client, instances);
    expect(outcomes).toEqual(instances.map(({ sopInstanceUID }) => ({ sopInstanceUID, status: 0 })));
  });
  afterAll(async () => {
    client[Symbol.dispose]();
    await orthanc[Symbol.asyncDispose]();
  });

  it('finds what was stored, names in their characters', async () => {
    const studies = await all(search(client, 'STUDY', { PatientName: '', StudyInstanceUID: '', PatientID: '' }));
    expect(studies.flatMap((study) => study['PatientName'] ?? [])).toContain('Äneas^Rüdiger');
    expect(studies).toHaveLength(instances.length);
    const ct = studies.find((study) => study['PatientID']?.[0] === '1CT1');
    const found = await all(search(client, 'STUDY', { PatientID: '1CT1' }));
    expect(found.map((study) => study['StudyInstanceUID'])).toEqual([ct?.['StudyInstanceUID']]);
    const study = ct?.['StudyInstanceUID']?.[0] ?? '';
    const images = await all(search(client, 'IMAGE', { StudyInstanceUID: study, SOPInstanceUID: '' }));
    expect(images.map((image) => image['SOPInstanceUID']?.[0])).toEqual([instances[0]?.sopInstanceUID]);
    expect(await all(search(client, 'STUDY', { StudyInstanceUID: '' }, { limit: 2 }))).toHaveLength(2);
  });

  it('retrieves every study byte for byte, compressed ones as they are', async () => {
    await using folder = await temporaryFolder();
    const { stored, sink } = collecting(folder.path);
    for (const study of await all(search(client, 'STUDY', { StudyInstanceUID: '' }))) {
      const studyInstanceUID = study['StudyInstanceUID']?.[0] ?? '';
      expect(await retrieve(client, { studyInstanceUID }, sink)).toEqual({ completed: 1, failed: 0 });
    }
    const kindOf = ({ sopInstanceUID, transferSyntaxUID, sha256 }: StoredInstance | (typeof instances)[number]) =>
      `${sopInstanceUID} ${transferSyntaxUID} ${sha256}`;
    expect(stored.map(kindOf).toSorted()).toEqual(instances.map(kindOf).toSorted());
    for (const { path, sha256 } of stored) {
      const { dataSetOffset } = await readFileMeta(path);
      expect(
        createHash('sha256')
          .update((await readFile(path)).subarray(dataSetOffset))
          .digest('hex'),
      ).toBe(sha256);
    }
  });

  it('counts what the sink does not take', async () => {
    await using folder = await temporaryFolder();
    const { sink } = collecting(folder.path, { begin: () => ({ refuse: 0xa700 }) });
    const [study] = await all(search(client, 'STUDY', { StudyInstanceUID: '' }));
    const studyInstanceUID = study?.['StudyInstanceUID']?.[0] ?? '';
    expect(await retrieve(client, { studyInstanceUID }, sink)).toEqual({ completed: 0, failed: 1 });
  });

  it('says what it does not know, and whom it does not let in', async () => {
    const { sink } = collecting('/nowhere');
    const unknown = retrieve(client, { studyInstanceUID: '1.2.3.4.5' }, sink);
    await expect(unknown).rejects.toMatchObject({ reason: 'status-failure', facts: { httpStatus: 404 } });
    using stranger = new WebClient(peerAt(`http://127.0.0.1:${orthanc.httpPort}/dicom-web`));
    await expect(all(search(stranger, 'STUDY', {}))).rejects.toMatchObject({ facts: { httpStatus: 401 } });
  });
});

describe('with a server that', () => {
  it('asks for patience, the request is made again with its whole body', async () => {
    const bodies: string[] = [];
    await using server = await answering((request, response) => {
      void bodyOf(request).then((body) => {
        bodies.push(body.slice(-40));
        if (bodies.length === 1) return response.writeHead(503, { 'retry-after': '0' }).end();
        if (bodies.length === 2) return response.writeHead(429, { 'retry-after': new Date(0).toUTCString() }).end();
        return response.writeHead(200, { 'content-type': 'application/dicom+json' }).end('{}');
      });
    });
    using client = new WebClient(peerAt(server.url));
    const instance = await outgoing('ct/CT_small.dcm');
    expect(await store(client, [instance])).toEqual([{ sopInstanceUID: instance.sopInstanceUID, status: 0x0110 }]);
    expect(bodies).toHaveLength(3);
    expect(new Set(bodies).size).toBe(1);
  });

  it('is asked in turn, also again and for each page, and its bodies wait for the throttle', async () => {
    let asked = 0;
    await using server = await answering((_request, response) => {
      asked += 1;
      if (asked === 1) return response.writeHead(503, { 'retry-after': '0' }).end();
      if (asked === 3) return response.writeHead(204).end();
      return response.writeHead(200, { warning: '299 more' }).end('[{}]');
    });
    const taken: number[] = [];
    using client = new WebClient(peerAt(server.url, { throttle: async (bytes) => void taken.push(bytes) }));
    const askedBefore: number[] = [];
    const turn = async () => void askedBefore.push(asked);
    expect(await all(search(client, 'STUDY', {}, { turn }))).toEqual([{}]);
    expect(askedBefore).toEqual([0, 1, 2]);
    expect(taken).toEqual([4]);
  });

  it('stores some instances only tells which, and why', async () => {
    const element = (vr: string, value: unknown) => ({ vr, Value: [value] });
    const item = (uid: string, more: object = {}) => ({ '00081155': element('UI', uid), ...more });
    await using server = await answering((request, response) => {
      request.resume();
      request.once('end', () =>
        response.writeHead(202).end(
          JSON.stringify({
            '00081199': { vr: 'SQ', Value: [item('1'), item('2', { '00081196': element('US', 0xb000) })] },
            '00081198': { vr: 'SQ', Value: [item('3', { '00081197': element('US', 0xa700) })] },
          }),
        ),
      );
    });
    using client = new WebClient(peerAt(server.url));
    const instance = await outgoing('ct/CT_small.dcm');
    const outcomes = await store(
      client,
      ['1', '2', '3', '4'].map((sopInstanceUID) => ({ ...instance, sopInstanceUID })),
    );
    expect(outcomes.map(({ status }) => status)).toEqual([0, 0xb000, 0xa700, 0x0110]);
  });

  it('asks for more patience than there is', async () => {
    let asked = 0;
    await using server = await answering((_request, response) => {
      asked += 1;
      response.writeHead(503, { 'retry-after': '0' }).end();
    });
    using client = new WebClient(peerAt(server.url, { maxRetries: 2 }));
    await expect(all(search(client, 'STUDY', {}))).rejects.toMatchObject({ reason: 'refused-out-of-resources' });
    expect(asked).toBe(3);
  });

  it('wants OAuth 2.0 tokens: one is got, kept, and renewed when it is refused', async () => {
    let tokens = 0;
    const seen: string[] = [];
    await using server = await answering((request, response) => {
      void bodyOf(request).then((body) => {
        if (request.url?.endsWith('/token')) {
          tokens += 1;
          seen.push(`${request.headers.authorization} ${body}`);
          return response.end(JSON.stringify({ access_token: `t${tokens}`, expires_in: 3600 }));
        }
        seen.push(request.headers.authorization ?? '');
        return response.writeHead(seen.length === 4 ? 401 : 204).end();
      });
    });
    const clientSecret = 'secret';
    const authorization = {
      kind: 'client-credentials',
      tokenUrl: `${server.url}token`,
      clientId: 'me',
      clientSecret,
      scope: 's',
    } as const;
    using client = new WebClient(peerAt(server.url, { authorization }));
    for (let turn = 0; turn < 3; turn += 1) await all(search(client, 'STUDY', {}));
    const asked = `Basic ${Buffer.from('me:secret').toString('base64')} grant_type=client_credentials&scope=s`;
    expect(seen).toEqual([asked, 'Bearer t1', 'Bearer t1', 'Bearer t1', asked, 'Bearer t2']);
  });

  it('gives pages, all are asked for', async () => {
    const pages: string[] = [];
    await using server = await answering((request, response) => {
      pages.push(new URL(request.url ?? '', 'http://x').searchParams.get('offset') ?? '0');
      const count = pages.length === 1 ? 1_000 : 5;
      const study = {
        '0020000D': { vr: 'UI', Value: ['1.2'] },
        '00100010': { vr: 'PN', Value: [{ Alphabetic: 'A', Phonetic: 'C' }] },
      };
      response.end(JSON.stringify(Array(count).fill(study)));
    });
    using client = new WebClient(peerAt(server.url, { authorization: { kind: 'bearer', token: 'x' } }));
    const answers = await all(search(client, 'STUDY', {}));
    expect(answers).toHaveLength(1_005);
    expect(answers[0]).toEqual({ StudyInstanceUID: ['1.2'], PatientName: ['A==C'] });
    expect(pages).toEqual(['0', '1000']);
  });

  it.each<[string, RequestListener, string]>([
    ['says nothing', () => undefined, 'silent-peer'],
    ['closes', (request) => request.socket.destroy(), 'closed-without-response'],
    ['talks nonsense', (request) => request.socket.end('nonsense\r\n\r\n'), 'protocol-violation'],
    ['answers no JSON', (_request, response) => response.end('<html>'), 'protocol-violation'],
    [
      'stops in the middle',
      (_request, response) => response.writeHead(200, { 'content-length': 100 }).write('[{'),
      'silent-peer',
    ],
    [
      'breaks off in the middle',
      (_request, response) => {
        response.writeHead(200, { 'content-length': 100 }).write('[{');
        setImmediate(() => response.destroy());
      },
      'closed-without-response',
    ],
  ])('%s is known by its cause', async (_name, listener, reason) => {
    await using server = await answering(listener);
    using client = new WebClient(peerAt(server.url, { responseTimeoutMs: 300, idleTimeoutMs: 300 }));
    await expect(all(search(client, 'STUDY', {}))).rejects.toMatchObject({ name: 'WebError', reason });
  });

  it('refuses a large request at once is heard before everything is sent', async () => {
    await using server = await answering((_request, response) => response.writeHead(413).end());
    using client = new WebClient(peerAt(server.url));
    const instance = await outgoing('ct/CT_small.dcm');
    const large = { ...instance, dataSet: Array.from({ length: 200 }, () => Buffer.alloc(1_000_000)) };
    await expect(store(client, [large])).rejects.toMatchObject({ name: 'WebError' });
  });

  it('ends in the middle of an instance leaves no file, and says so', async () => {
    const bytes = readFileSync(testFile('ct/CT_small.dcm'));
    await using server = await answering((_request, response) => {
      response.writeHead(200, { 'content-type': 'multipart/related; boundary=bb' });
      response.end(Buffer.concat([Buffer.from('--bb\r\n\r\n\r\n'), bytes.subarray(0, 20_000)]));
    });
    await using folder = await temporaryFolder();
    const { sink, stored } = collecting(folder.path);
    using client = new WebClient(peerAt(server.url));
    await expect(retrieve(client, { studyInstanceUID: '1.2' }, sink)).rejects.toMatchObject({
      reason: 'closed-without-response',
    });
    expect(stored).toEqual([]);
  });

  it('is canceled by its signal', async () => {
    const controller = new AbortController();
    await using server = await answering(() => controller.abort());
    using client = new WebClient(peerAt(server.url));
    await expect(all(search(client, 'STUDY', {}, { signal: controller.signal }))).rejects.toMatchObject({
      reason: 'canceled',
    });
  });

  it('speaks TLS is trusted by its certificate only, and gets ours', async () => {
    const names: unknown[] = [];
    await using server = await answering((request, response) => {
      const certificate = 'getPeerCertificate' in request.socket ? request.socket.getPeerCertificate : undefined;
      names.push((certificate as (() => { subject: { CN: string } }) | undefined)?.call(request.socket).subject.CN);
      response.writeHead(204).end();
    }, true);
    const ours = { cert: pem('client.pem'), key: pem('client.key') };
    using client = new WebClient(peerAt(server.url, { tls: { ca: pem('ca.pem'), ...ours } }));
    expect(await all(search(client, 'STUDY', {}))).toEqual([]);
    expect(names).toEqual(['VIADUCT']);
    using untrusting = new WebClient(peerAt(server.url, { tls: { ca: pem('other.pem') } }));
    await expect(all(search(untrusting, 'STUDY', {}))).rejects.toMatchObject({
      reason: 'tls-failure',
      facts: { problem: 'certificate-untrusted' },
    });
  });
});

import { once } from 'node:events';
import { copyFile, mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { createConnection, createServer, type AddressInfo, type Socket } from 'node:net';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  run,
  startDcmqrscp,
  startPacs,
  startStorescp,
  temporaryFolder,
  waitFor,
  writeStudy,
  type TemporaryFolder,
  type WrittenStudy,
} from '@viaduct/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { dataSetHash, hashesIn, jsonLines, startReceive, viaduct } from './harness/viaduct.ts';

const SAMPLES = fileURLToPath(new URL('../../testing/dicom/', import.meta.url));
/** Instances of different classes, in ten transfer syntaxes. */
const MIXED = [
  ...['ts/image_dfl.dcm', 'mr/MR_small_bigendian.dcm', 'mr/MR_small_implicit.dcm', 'mr/MR_small_RLE.dcm'],
  ...[
    'mr/MR_small_jp2klossless.dcm',
    'ts/JPEG-lossy.dcm',
    'ts/SC_rgb_jpeg_dcmtk.dcm',
    'mr/MR_small_jpeg_ls_lossless.dcm',
  ],
  ...['sr/reportsi.dcm', 'nm/JPEG-LL.dcm', 'ct/CT_small.dcm'],
].map((name) => path.join(SAMPLES, name));

let folder: TemporaryFolder;
let study: WrittenStudy;
let hashes: string[];
beforeAll(async () => {
  folder = await temporaryFolder('viaduct-cli-send-');
  study = await writeStudy(folder.path, { label: 'send', instances: 20 });
  hashes = (await Promise.all(study.instances.map((instance) => dataSetHash(instance.path)))).sort();
});
afterAll(() => folder[Symbol.asyncDispose]());

const files = () => study.instances.map((instance) => instance.path);
const sum = (counts: Readonly<Record<string, number>>) => Object.values(counts).reduce((all, one) => all + one, 0);

test('a folder reaches storescp byte for byte', async () => {
  await using storescp = await startStorescp();
  const { code, stdout } = await viaduct(
    'send',
    `127.0.0.1:${storescp.port}`,
    folder.path,
    '--called',
    storescp.aeTitle,
  );
  expect(stdout).toContain('20 instances sent');
  expect(code).toBe(0);
  expect((await Promise.all((await storescp.files()).map(dataSetHash))).sort()).toEqual(hashes);
});

test('dcmqrscp takes what is sent to it', async () => {
  await using dcmqrscp = await startDcmqrscp();
  const target = [`127.0.0.1:${dcmqrscp.port}`, '--called', dcmqrscp.aeTitle];
  expect((await viaduct('send', ...target, ...files())).code).toBe(0);
  const answers = jsonLines(await viaduct('find', ...target, `StudyInstanceUID=${study.studyInstanceUID}`));
  expect(answers).toHaveLength(1);
});

test('several associations send at a time when they are asked for', async () => {
  await using dir = await temporaryFolder();
  await using pacs = await startPacs({ dir: dir.path, faults: { delayMs: 20 } });
  const args = [`127.0.0.1:${pacs.port}`, folder.path, '--called', 'PACS', '--parallel', '4'];
  expect((await viaduct('send', ...args)).code).toBe(0);
  const { peakAssociations, received } = await pacs.state();
  expect(peakAssociations).toBe(4);
  expect(sum(received)).toBe(20);
});

test('every transfer syntax goes through send and receive byte for byte', async () => {
  await using out = await temporaryFolder();
  await using receiver = await startReceive(out.path);
  const outcome = await viaduct('send', `127.0.0.1:${receiver.port}`, ...MIXED, '--json');
  expect(jsonLines(outcome)).toHaveLength(MIXED.length);
  expect(outcome.code).toBe(0);
  const arrived = jsonLines<{ sha256?: string }>({ ...outcome, stdout: receiver.output() });
  const sent = await Promise.all(MIXED.map(evenHash));
  expect(arrived.flatMap(({ sha256 }) => sha256 ?? []).sort()).toEqual(sent.sort());
});

/** The hash of a data set as it goes over the network: a deflated one is padded to even length (PS3.5 §A.5). */
async function evenHash(file: string): Promise<string> {
  await using even = await temporaryFolder();
  const bytes = await readFile(file);
  const padded = path.join(even.path, 'even.dcm');
  await writeFile(padded, bytes.length % 2 === 0 ? bytes : Buffer.concat([bytes, Buffer.alloc(1)]));
  return dataSetHash(padded);
}

test('files that are no instances are passed over in folders, and half a file makes it fail', async () => {
  await using dir = await temporaryFolder();
  await using storescp = await startStorescp();
  const target = [`127.0.0.1:${storescp.port}`, '--called', storescp.aeTitle];
  await mkdir(path.join(dir.path, 'deep', 'er'), { recursive: true });
  await copyFile(files()[0] ?? '', path.join(dir.path, 'deep', 'er', 'one'));
  await copyFile(path.join(SAMPLES, 'fileset', 'DICOMDIR'), path.join(dir.path, 'DICOMDIR'));
  await writeFile(path.join(dir.path, 'notes.txt'), 'no DICOM');
  await writeFile(path.join(dir.path, 'empty.dcm'), '');
  const whole = await viaduct('send', ...target, dir.path);
  expect(whole.stdout).toContain('1 instance sent, 3 other files passed over');
  expect(whole.code).toBe(0);
  const bytes = await readFile(files()[1] ?? '');
  await writeFile(path.join(dir.path, 'half.dcm'), bytes.subarray(0, bytes.length / 2));
  const half = await viaduct('send', ...target, dir.path);
  expect(half.stderr).toMatch(/half\.dcm: ends in the middle of an element/);
  expect(half.stderr).toContain('1 sent, 1 failed');
  expect(half.code).toBe(1);
});

test('a file that is named and is no DICOM makes it fail, the others are sent', async () => {
  await using storescp = await startStorescp();
  const text = path.join(folder.path, '..', path.basename(folder.path), 'readme.txt');
  await writeFile(text, 'no DICOM');
  const target = [`127.0.0.1:${storescp.port}`, '--called', storescp.aeTitle];
  const outcome = await viaduct('send', ...target, text, files()[0] ?? '', '--json');
  expect(jsonLines(outcome)).toEqual([
    { path: text, sent: false, error: 'is no DICOM file' },
    { path: files()[0], sent: true, status: '0000' },
  ]);
  expect(outcome.code).toBe(1);
  expect(await storescp.files()).toHaveLength(1);
});

test('a status that refuses makes it fail and is said', async () => {
  await using dir = await temporaryFolder();
  await using pacs = await startPacs({ dir: dir.path, faults: { refuseStatus: { store: 0xa700 } } });
  const outcome = await viaduct('send', `127.0.0.1:${pacs.port}`, files()[0] ?? '', '--called', 'PACS');
  expect(outcome.stderr).toContain('with a failure, 0xA700');
  expect(outcome.code).toBe(1);
});

test('a transfer syntax that the peer does not take makes it fail', async () => {
  await using dir = await temporaryFolder();
  await using pacs = await startPacs({ dir: dir.path, transferSyntaxes: ['1.2.840.10008.1.2.1'] });
  const outcome = await viaduct('send', `127.0.0.1:${pacs.port}`, ...MIXED, '--called', 'PACS');
  expect(outcome.stderr).toMatch(/MR_small_RLE\.dcm: the peer does not offer/);
  expect(sum((await pacs.state()).received)).toBeGreaterThan(0);
  expect(outcome.code).toBe(1);
});

test('an abort costs one instance; the rest goes over a new association', async () => {
  await using dir = await temporaryFolder();
  await using pacs = await startPacs({ dir: dir.path, faults: { abortAfter: 5, abortTimes: 1 } });
  const outcome = await viaduct('send', `127.0.0.1:${pacs.port}`, folder.path, '--called', 'PACS');
  expect(outcome.stderr).toMatch(/: the peer aborted the association/);
  expect(outcome.stderr).toContain('19 sent, 1 failed');
  expect(sum((await pacs.state()).received)).toBe(19);
  expect(outcome.code).toBe(1);
});

test('receive: DCMTK senders are served and each instance has its file', async () => {
  await using out = await temporaryFolder();
  await using receiver = await startReceive(out.path, '--aet', 'HERE');
  const target = ['-aec', 'HERE', '127.0.0.1', String(receiver.port)];
  expect((await run('echoscu', target)).code).toBe(0);
  expect((await run('storescu', [...target, ...files().slice(0, 10)])).code).toBe(0);
  expect((await run('dcmsend', [...target, ...files().slice(10)])).code).toBe(0);
  expect((await readdir(out.path)).sort()).toEqual(
    study.instances.map(({ sopInstanceUID }) => `${sopInstanceUID}.dcm`).sort(),
  );
  expect(await hashesIn(out.path)).toEqual(hashes);
});

test('receive: wrong AE titles on either side are rejected', async () => {
  await using out = await temporaryFolder();
  await using receiver = await startReceive(out.path, '--aet', 'HERE', '--calling', 'FRIEND');
  const echo = async (called: string, calling: string) =>
    (await viaduct('echo', `127.0.0.1:${receiver.port}`, '--called', called, '--calling', calling)).code;
  expect(await echo('THERE', 'FRIEND')).toBe(1);
  expect(await echo('HERE', 'STRANGER')).toBe(1);
  expect(await echo('HERE', 'FRIEND')).toBe(0);
  expect(receiver.output()).toContain('STRANGER at 127.0.0.1: rejected');
});

/** Passes so many bytes on to a port and then nothing more: a sender that stops in the middle. */
async function throttle(port: number, bytes: number): Promise<AsyncDisposable & { readonly port: number }> {
  const sockets = new Set<Socket>();
  const server = createServer((from) => {
    const to = createConnection({ host: '127.0.0.1', port });
    let passed = 0;
    from.on('data', (chunk: Buffer) => {
      if ((passed += chunk.length) < bytes) to.write(chunk);
    });
    to.pipe(from);
    for (const socket of [from, to]) sockets.add(socket.on('error', () => from.destroy()));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

test('receive: SIGTERM in the middle of an instance ends it with 0 and leaves whole files only', async () => {
  await using large = await temporaryFolder();
  await using out = await temporaryFolder();
  const [big] = (await writeStudy(large.path, { label: 'big', bytesPerInstance: 4_000_000 })).instances;
  await using receiver = await startReceive(out.path);
  const straight = ['127.0.0.1', String(receiver.port)];
  expect((await run('storescu', [...straight, ...files().slice(0, 3)])).code).toBe(0);
  await using throttled = await throttle(receiver.port, 1_000_000);
  const sending = run('storescu', ['127.0.0.1', String(throttled.port), big?.path ?? '']);
  await waitFor(async () => (await readdir(out.path)).some((name) => name.endsWith('.part')));
  receiver.child.kill('SIGTERM');
  expect(await receiver.ended()).toBe(0);
  expect((await sending).code).not.toBe(0);
  expect(await readdir(out.path)).toHaveLength(3);
});

test('receive: a port that is taken is a failure', async () => {
  await using out = await temporaryFolder();
  await using receiver = await startReceive(out.path);
  const again = await viaduct('receive', String(receiver.port), '--host', '127.0.0.1', '--out', out.path);
  expect(again.stderr).toMatch(/cannot listen on port \d+: the system says EADDRINUSE/);
  expect(again.code).toBe(1);
});

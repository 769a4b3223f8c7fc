import { mkdtemp, readdir } from 'node:fs/promises';
import path from 'node:path';
import {
  run,
  startDcmqrscp,
  startOrthanc,
  startPacs,
  startService,
  temporaryFolder,
  writeStudy,
  type Dcmqrscp,
  type Orthanc,
  type Pacs,
  type TemporaryFolder,
  type WrittenStudy,
} from '@viaduct/testing';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { BIN, dataSetHash, hashesIn, jsonLines, startReceive, viaduct } from './harness/viaduct.ts';

let folder: TemporaryFolder;
let received: TemporaryFolder;
let study: WrittenStudy;
let pacs: Pacs;
let orthanc: Orthanc;
let dcmqrscp: Dcmqrscp;
let receiver: Awaited<ReturnType<typeof startReceive>>;
let hashes: string[];

beforeAll(async () => {
  folder = await temporaryFolder('viaduct-cli-');
  received = await temporaryFolder('viaduct-cli-');
  study = await writeStudy(folder.path, { label: 'cli', instances: 12, series: 3, patientName: 'Alpha^Beta' });
  await writeStudy(folder.path, { label: 'cli-other', instances: 1, patientId: 'OTHER' });
  hashes = (await Promise.all(study.instances.map((instance) => dataSetHash(instance.path)))).sort();
  receiver = await startReceive(received.path, '--aet', 'RECEIVER');
  const destinations = { RECEIVER: { host: '127.0.0.1', port: receiver.port } };
  pacs = await startPacs({ dir: folder.path, aeTitle: 'SOURCE', destinations });
  orthanc = await startOrthanc({ peers: [{ aeTitle: 'RECEIVER', port: receiver.port }] });
  dcmqrscp = await startDcmqrscp({ movePort: receiver.port });
  for (const { path: file } of study.instances) await orthanc.upload(file);
  const target = ['-aec', dcmqrscp.aeTitle, '127.0.0.1', String(dcmqrscp.port)];
  await run('dcmsend', [...target, ...study.instances.map((instance) => instance.path)]);
});
afterAll(async () => {
  for (const owned of [dcmqrscp, orthanc, pacs, receiver, received, folder]) await owned[Symbol.asyncDispose]();
});
beforeEach(() => pacs.setFaults({}));

type Kind = 'our own PACS' | 'Orthanc' | 'dcmqrscp';
const KINDS: readonly Kind[] = ['our own PACS', 'Orthanc', 'dcmqrscp'];
/** Address and AE title of a peer, as arguments. */
function at(kind: Kind): [string, '--called', string] {
  const [port, title] = {
    'our own PACS': [pacs.port, pacs.aeTitle] as const,
    Orthanc: [orthanc.dicomPort, orthanc.aeTitle] as const,
    dcmqrscp: [dcmqrscp.port, dcmqrscp.aeTitle] as const,
  }[kind];
  return [`127.0.0.1:${port}`, '--called', title];
}
const newFolder = () => mkdtemp(path.join(folder.path, '..', 'viaduct-cli-get-'));
type Found = Record<string, { vr: string; Value?: unknown[] }>;

test.for(KINDS)('echo: %s answers', async (kind) => {
  const outcome = await viaduct('echo', ...at(kind), '--json');
  expect(outcome.code).toBe(0);
  const [times] = jsonLines<Record<string, number>>(outcome);
  expect(Object.keys(times ?? {})).toEqual(['connectMs', 'associateMs', 'echoMs']);
});

test.for(KINDS)('find: %s gives a study as DICOM JSON', async (kind) => {
  const outcome = await viaduct('find', ...at(kind), `StudyInstanceUID=${study.studyInstanceUID}`, '0010,0010=Alpha*');
  const answers = jsonLines<Found>(outcome);
  expect(answers).toHaveLength(1);
  expect(answers[0]?.['0020000D']).toEqual({ vr: 'UI', Value: [study.studyInstanceUID] });
  expect(answers[0]?.['00100010']).toEqual({ vr: 'PN', Value: [{ Alphabetic: 'Alpha^Beta' }] });
  if (kind !== 'dcmqrscp') expect(answers[0]?.['00201208']).toEqual({ vr: 'IS', Value: [12] });
  expect(outcome.code).toBe(0);
});

test.for(KINDS)('find: %s is asked at every level', async (kind) => {
  const uid = study.studyInstanceUID;
  const series = study.instances[0]?.seriesInstanceUID ?? '';
  const count = async (...args: string[]) => jsonLines(await viaduct('find', ...at(kind), ...args)).length;
  expect(await count('--level', 'PATIENT', 'PatientName=Alpha^Beta')).toBe(1);
  expect(await count('--level', 'SERIES', `StudyInstanceUID=${uid}`)).toBe(3);
  expect(await count('--level', 'IMAGE', `StudyInstanceUID=${uid}`, `SeriesInstanceUID=${series}`)).toBe(4);
});

test('find: nothing found is no failure', async () => {
  const { code, stdout } = await viaduct('find', ...at('Orthanc'), 'PatientID=NOBODY');
  expect(stdout).toBe('');
  expect(code).toBe(0);
});

test('find: a limit cancels the query', async () => {
  await pacs.reset();
  await pacs.setFaults({ answerDelayMs: 20 });
  const keys = [
    `StudyInstanceUID=${study.studyInstanceUID}`,
    `SeriesInstanceUID=${study.instances[0]?.seriesInstanceUID}`,
  ];
  const outcome = await viaduct('find', ...at('our own PACS'), '--level', 'IMAGE', ...keys, '--limit', '1');
  expect(jsonLines(outcome)).toHaveLength(1);
  expect(outcome.code).toBe(0);
  expect((await pacs.state()).events.some((event) => event.kind === 'canceled')).toBe(true);
});

test('find: the refusal of a peer is a failure', async () => {
  await pacs.setFaults({ refuseStatus: { find: 0xa700 } });
  const { code, stderr } = await viaduct('find', ...at('our own PACS'));
  expect(stderr).toMatch(/out of resources \(status 0xA700\)/);
  expect(code).toBe(1);
});

test.for(KINDS)('get: from %s every data set comes byte for byte', async (kind) => {
  const out = await newFolder();
  const { code, stdout } = await viaduct('get', ...at(kind), '--study', study.studyInstanceUID, '--out', out);
  expect(await hashesIn(out)).toEqual(hashes);
  expect((await readdir(out)).sort()).toEqual(
    study.instances.map(({ sopInstanceUID }) => `${sopInstanceUID}.dcm`).sort(),
  );
  expect(stdout).toContain('12 instances');
  expect(code).toBe(0);
});

test('get: only the series that are named come', async () => {
  const out = await newFolder();
  const series = [...new Set(study.instances.map((instance) => instance.seriesInstanceUID))].slice(0, 2);
  const args = ['--study', study.studyInstanceUID, '--out', out, ...series.flatMap((uid) => ['--series', uid])];
  const outcome = await viaduct('get', ...at('Orthanc'), ...args, '--json');
  expect(outcome.code).toBe(0);
  expect(
    jsonLines<{ sha256: string }>(outcome)
      .map(({ sha256 }) => sha256)
      .sort(),
  ).toEqual(await hashesIn(out));
  expect(await readdir(out)).toHaveLength(8);
});

test('get: what the peer keeps back is named and makes it fail', async () => {
  const out = await newFolder();
  const missing = study.instances[5]?.sopInstanceUID ?? '';
  await pacs.setFaults({ withhold: [missing] });
  const { code, stderr } = await viaduct('get', ...at('our own PACS'), '--study', study.studyInstanceUID, '--out', out);
  expect(stderr).toContain(`missing: ${missing}`);
  expect(await readdir(out)).toHaveLength(11);
  expect(code).toBe(1);
});

test('get: an abort in the middle leaves whole files only', async () => {
  const out = await newFolder();
  await pacs.setFaults({ abortAfter: 4 });
  const { code, stderr } = await viaduct('get', ...at('our own PACS'), '--study', study.studyInstanceUID, '--out', out);
  expect(stderr).toMatch(/aborted the association/);
  expect(await readdir(out)).toHaveLength(4);
  expect(code).toBe(1);
});

test('get: SIGTERM cancels it at the peer and leaves whole files only', async () => {
  const out = await newFolder();
  await pacs.reset();
  await pacs.setFaults({ delayMs: 50 });
  const args = [BIN, 'get', ...at('our own PACS'), '--study', study.studyInstanceUID, '--out', out];
  await using getting = await startService({
    command: process.execPath,
    args,
    ready: async () => (await readdir(out)).some((name) => name.endsWith('.dcm')),
  });
  getting.child.kill('SIGTERM');
  expect(await getting.ended()).toBe(1);
  expect(getting.output()).toContain('canceled');
  expect((await pacs.state()).events.some((event) => event.kind === 'canceled')).toBe(true);
  const files = await readdir(out);
  expect(files.length).toBeLessThan(12);
  expect(files.every((name) => name.endsWith('.dcm'))).toBe(true);
});

test('find: whoever stops reading ends it quietly', async () => {
  const find = [process.execPath, BIN, 'find', ...at('our own PACS')].map((word) => `'${word}'`).join(' ');
  const { stderr, stdout } = await run('sh', ['-c', `{ ${find}; echo "code $?" >&2; } | true`]);
  expect(stdout).toBe('');
  expect(stderr).toMatch(/^code [01]\n$/);
});

test.for(KINDS)('get: a study that %s does not have is a failure', async (kind) => {
  const { code, stderr } = await viaduct('get', ...at(kind), '--study', '1.2.3', '--out', await newFolder());
  expect(stderr).toContain('no such study');
  expect(code).toBe(1);
});

test.for(KINDS)('move: %s sends a study to our receiver byte for byte', async (kind) => {
  for (const name of await readdir(received.path)) await run('rm', [path.join(received.path, name)]);
  const { code, stdout } = await viaduct('move', ...at(kind), '--study', study.studyInstanceUID, '--to', 'RECEIVER');
  expect(stdout).toContain('12 instances moved');
  expect(code).toBe(0);
  expect(await hashesIn(received.path)).toEqual(hashes);
});

test('move: counters come as JSON', async () => {
  const series = study.instances[0]?.seriesInstanceUID ?? '';
  const args = ['--study', study.studyInstanceUID, '--series', series, '--to', 'RECEIVER', '--json'];
  const outcome = await viaduct('move', ...at('our own PACS'), ...args);
  expect(jsonLines(outcome)).toEqual([{ completed: 4, failed: 0, warning: 0 }]);
});

test('move: a destination that the peer does not know, and a study that it does not have, are failures', async () => {
  const unknown = await viaduct('move', ...at('our own PACS'), '--study', study.studyInstanceUID, '--to', 'NOBODY');
  expect(unknown.stderr).toMatch(/does not know the destination/);
  expect(unknown.code).toBe(1);
  const nothing = await viaduct('move', ...at('our own PACS'), '--study', '1.2.3', '--to', 'RECEIVER');
  expect(nothing.stderr).toContain('nothing to move');
  expect(nothing.code).toBe(1);
});

test('move: a sub-operation that failed is a failure', async () => {
  await pacs.setFaults({ withhold: [study.instances[0]?.sopInstanceUID ?? ''] });
  const { code, stderr } = await viaduct(
    'move',
    ...at('our own PACS'),
    '--study',
    study.studyInstanceUID,
    '--to',
    'RECEIVER',
  );
  expect(stderr).toMatch(/1 instance failed, 11 moved/);
  expect(code).toBe(1);
});

import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { decodeText, readAttributes, readFileMeta } from '@viaduct/dicom/part10';
import { tagOf } from '@viaduct/dicom/dictionary';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { run, temporaryFolder, type TemporaryFolder } from '../services/index.ts';
import { ctSeries } from './images.ts';
import { DEMO_STUDIES, uidOf, writeDemoStudies, writePlan, writeStudy, type WrittenStudy } from './index.ts';
import type { Compression } from './pixels.ts';

let folder: TemporaryFolder;
let demo: WrittenStudy[];
beforeAll(async () => {
  folder = await temporaryFolder('viaduct-demo-');
  demo = await writeDemoStudies(folder.path, 'A');
});
afterAll(() => folder[Symbol.asyncDispose]());

const firstAndLast = () => demo.flatMap(({ instances }) => [...new Set([instances.at(0), instances.at(-1)])]);

test('the demo has the studies and people that were promised', () => {
  expect(demo.length).toBeGreaterThanOrEqual(12);
  expect(new Set(demo.map(({ plan }) => plan.patient.id)).size).toBeGreaterThanOrEqual(8);
  const modalities = new Set(demo.flatMap(({ plan }) => plan.series.map((series) => series.modality)));
  expect([...modalities].sort()).toEqual(['CR', 'CT', 'DOC', 'MR', 'OT', 'SR', 'US']);
  const uids = demo.flatMap(({ instances }) => instances.map((instance) => instance.sopInstanceUID));
  expect(new Set(uids).size).toBe(uids.length);
});

test('every file is a DICOM file', async () => {
  const files = demo.flatMap(({ instances }) => instances.map((instance) => instance.path));
  const { stdout } = await run('dcmftest', files);
  expect(stdout.split('\n').filter((line) => line.startsWith('yes: ')).length).toBe(files.length);
});

test('dciodvfy finds no error in any kind of instance', async () => {
  for (const instance of firstAndLast()) {
    if (!instance) continue;
    const { meta } = await readFileMeta(instance.path);
    // dciodvfy does not read the deflated transfer syntax.
    if (meta.transferSyntaxUID === '1.2.840.10008.1.2.1.99') continue;
    const { stderr } = await run('dciodvfy', ['-new', instance.path]);
    expect(stderr.split('\n').filter((line) => line.startsWith('Error'))).toEqual([]);
  }
});

test('names are written in the character set that is announced', async () => {
  for (const { plan, instances } of demo) {
    const [nameTag, setTag] = [tagOf('PatientName'), tagOf('SpecificCharacterSet')];
    const attributes = await readAttributes(instances[0]?.path ?? '', [nameTag, setTag]);
    const characterSet = attributes.get(setTag)?.value.toString('ascii').trim().split('\\') ?? [];
    const name = decodeText(attributes.get(nameTag)?.value ?? Buffer.alloc(0), characterSet, 'PN');
    expect(name.trimEnd()).toBe(plan.patient.name);
  }
});

test('the same bytes are written every time', async () => {
  const plan = DEMO_STUDIES.A.find((study) => study.label === 'demo-07');
  await using second = await temporaryFolder();
  if (plan) await writePlan(second.path, plan);
  const hash = async (dir: string) => {
    const names = (await readdir(path.join(dir, 'demo-07'))).sort();
    const contents = await Promise.all(names.map((name) => readFile(path.join(dir, 'demo-07', name))));
    return createHash('sha256').update(Buffer.concat(contents)).digest('hex');
  };
  expect(await hash(second.path)).toBe(await hash(folder.path));
});

test.for<[Compression, string]>([
  ['rle', 'dcmdrle'],
  ['jpegLossless', 'dcmdjpeg'],
])('%s is decompressed by %s to the original pixels', async ([compression, program]) => {
  const plan = DEMO_STUDIES.A[0];
  if (!plan) throw new Error('no plan');
  await using dir = await temporaryFolder();
  const write = (kind: Compression) => {
    const options = { number: 1, patient: plan.patient, description: kind, slices: 1, size: 256, compression: kind };
    return writePlan(dir.path, { ...plan, label: kind, series: [ctSeries({ ...options, label: `${kind}.1` })] });
  };
  const [native, compressed] = [await write('none'), await write(compression)];
  const output = path.join(dir.path, 'decompressed.dcm');
  expect(await run(program, [compressed.instances[0]?.path ?? '', output])).toMatchObject({ code: 0 });
  const pixels = async (file: string) => (await readFile(file)).subarray(-256 * 256 * 2);
  expect((await pixels(output)).equals(await pixels(native.instances[0]?.path ?? ''))).toBe(true);
});

test('the report refers to images of its study', async () => {
  const [study] = demo;
  const report = study?.instances.at(-1);
  const { stdout } = await run('dcmdump', [
    '+P',
    'ReferencedSOPInstanceUID',
    '+P',
    'StudyInstanceUID',
    report?.path ?? '',
  ]);
  expect(stdout).toContain(uidOf('demo-01.2/40'));
  const images = new Set(study?.instances.map((instance) => instance.sopInstanceUID));
  const references = [...stdout.matchAll(/\(0008,1155\) UI \[([0-9.]+)\]/g)].map((match) => match[1] ?? '');
  expect(references.length).toBe(6);
  expect(references.every((uid) => images.has(uid))).toBe(true);
});

test('a test study has as many instances of the size and with the words asked for', async () => {
  await using dir = await temporaryFolder();
  const study = await writeStudy(dir.path, {
    label: 'tokens',
    instances: 7,
    series: 2,
    bytesPerInstance: 6_400,
    patientName: 'TokenName^One',
    patientId: 'TOKENID',
    accessionNumber: 'TOKENACC',
  });
  expect(study.instances.length).toBe(7);
  expect(new Set(study.instances.map((instance) => instance.seriesInstanceUID)).size).toBe(2);
  const last = study.instances.at(-1)?.path ?? '';
  const { stdout } = await run('dcmdump', [last]);
  for (const word of ['TokenName^One', 'TOKENID', 'TOKENACC', '# 6400, 1 PixelData']) expect(stdout).toContain(word);
  const { stderr } = await run('dciodvfy', ['-new', last]);
  expect(stderr.split('\n').filter((line) => line.startsWith('Error'))).toEqual([]);
});

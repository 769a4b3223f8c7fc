import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { readFileMeta } from '@viaduct/dicom/part10';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { run, startOrthanc, startStorescp, temporaryFolder, type TemporaryFolder } from '../services/index.ts';
import { DEMO_STUDIES, writePlan, writeStudy, type WrittenStudy } from '../studies/index.ts';
import { startPacs, type Pacs } from './index.ts';
import { spawnPacs } from './spawn.ts';

let folder: TemporaryFolder;
let demo: WrittenStudy[];
let study: WrittenStudy;
let pacs: Pacs;
beforeAll(async () => {
  folder = await temporaryFolder('viaduct-pacs-');
  const small = DEMO_STUDIES.A.filter((plan) => ['demo-06', 'demo-07', 'demo-08', 'demo-12'].includes(plan.label));
  demo = [];
  for (const plan of small) demo.push(await writePlan(folder.path, plan));
  study = await writeStudy(folder.path, {
    label: 'pacs-test',
    instances: 10,
    series: 2,
    patientName: 'Alpha^Beta^^Dr.',
    patientId: 'ALPHA-1',
    date: '20250505',
  });
  pacs = await startPacs({ dir: folder.path, aeTitle: 'SOURCE' });
});
afterAll(async () => {
  await pacs.close();
  await folder[Symbol.asyncDispose]();
});

const address = (peer: { aeTitle: string; port: number }) => ['-aec', peer.aeTitle, '127.0.0.1', String(peer.port)];

/** Runs findscu and gives the value of a tag in each answer. */
async function find(keys: readonly string[], tag: string, root = '-S'): Promise<string[]> {
  const { stdout, stderr } = await run('findscu', [
    root,
    '-v',
    ...keys.flatMap((key) => ['-k', key]),
    ...address(pacs),
  ]);
  const answers = `${stdout}${stderr}`.split('Find Response: ').slice(1);
  return answers
    .map(
      (answer) =>
        new RegExp(`\\(${tag}\\) .. (?:\\[(.*?)\\]|\\(no value)`).exec(answer)?.[1]?.replace(/[\0 ]+$/, '') ?? '',
    )
    .sort();
}

const STUDY_UID = '0020,000d';
test.for<[string, readonly string[], number]>([
  ['everything', [], 5],
  ['a wildcard', ['PatientName=alpha*'], 1],
  ['a name without its trailing delimiters', ['PatientName=Alpha^Beta^^Dr.'], 1],
  ['a part of a name only', ['PatientName=Alpha'], 0],
  ['single characters', ['PatientID=ALPHA-?'], 1],
  ['a range of dates', ['StudyDate=20250101-20251231'], 1],
  ['an open range', ['StudyDate=20250505-'], 5],
  ['a single date', ['StudyDate=20250504'], 0],
  ['a range of times', ['StudyTime=1159-1200'], 1],
  ['a modality of the study', ['ModalitiesInStudy=SR'], 1],
  ['one of several modalities', ['ModalitiesInStudy=US\\DOC'], 2],
  ['an accession number that is not there', ['AccessionNumber=NOPE'], 0],
])('C-FIND matches %s', async ([, keys, count]) => {
  expect(await find(['QueryRetrieveLevel=STUDY', 'StudyInstanceUID', ...keys], STUDY_UID)).toHaveLength(count);
});

test('C-FIND matches a list of UIDs and names in other scripts', async () => {
  const uids = [study.studyInstanceUID, demo[0]?.studyInstanceUID ?? ''];
  const keys = ['QueryRetrieveLevel=STUDY', `StudyInstanceUID=${uids.join('\\')}`];
  expect(await find(keys, STUDY_UID)).toEqual(uids.toSorted());
  const unicode = [
    'QueryRetrieveLevel=STUDY',
    'StudyInstanceUID',
    'SpecificCharacterSet=ISO_IR 192',
    'PatientName=*小东*',
  ];
  expect(await find(unicode, STUDY_UID)).toHaveLength(1);
});

test('C-FIND counts series and instances and lists modalities', async () => {
  const keys = ['QueryRetrieveLevel=STUDY', `StudyInstanceUID=${study.studyInstanceUID}`];
  expect(await find([...keys, 'NumberOfStudyRelatedSeries'], '0020,1206')).toEqual(['2']);
  expect(await find([...keys, 'NumberOfStudyRelatedInstances'], '0020,1208')).toEqual(['10']);
  expect(await find([...keys, 'ModalitiesInStudy'], '0008,0061')).toEqual(['CT']);
});

test('C-FIND answers on SERIES and IMAGE level, and refuses without the unique keys above', async () => {
  const above = `StudyInstanceUID=${study.studyInstanceUID}`;
  const series = await find(['QueryRetrieveLevel=SERIES', above, 'SeriesInstanceUID'], '0020,000e');
  expect(series).toHaveLength(2);
  expect(await find(['QueryRetrieveLevel=SERIES', above, 'NumberOfSeriesRelatedInstances'], '0020,1209')).toEqual([
    '5',
    '5',
  ]);
  const image = ['QueryRetrieveLevel=IMAGE', above, `SeriesInstanceUID=${series[0]}`, 'SOPInstanceUID'];
  expect(await find(image, '0008,0018')).toHaveLength(5);
  const { stdout, stderr } = await run('findscu', [
    '-S',
    '-v',
    '-k',
    'QueryRetrieveLevel=IMAGE',
    '-k',
    above,
    ...address(pacs),
  ]);
  expect(stdout + stderr).toContain('DataSetDoesNotMatchSOPClass');
});

test('C-FIND knows patients in the patient root', async () => {
  const keys = ['QueryRetrieveLevel=PATIENT', 'PatientID', 'NumberOfPatientRelatedInstances'];
  expect(await find(keys, '0010,0020', '-P')).toEqual(['ALPHA-1', 'D-10004', 'D-10005', 'D-10006', 'D-10009']);
});

async function hashes(files: readonly string[]): Promise<string[]> {
  const digests = files.map(async (file) => {
    const { dataSetOffset } = await readFileMeta(file);
    return createHash('sha256')
      .update((await readFile(file)).subarray(dataSetOffset))
      .digest('hex');
  });
  return (await Promise.all(digests)).sort();
}
const filesIn = async (dir: string) => (await readdir(dir)).map((name) => path.join(dir, name));
const getKeys = (uid: string) => ['-k', 'QueryRetrieveLevel=STUDY', '-k', `StudyInstanceUID=${uid}`];

test('C-GET delivers a study byte by byte and counts each instance once', async () => {
  await using output = await temporaryFolder();
  await pacs.reset();
  const outcome = await run('getscu', [
    '-S',
    '+B',
    '-od',
    output.path,
    ...getKeys(study.studyInstanceUID),
    ...address(pacs),
  ]);
  expect(outcome).toMatchObject({ code: 0 });
  expect(await hashes(await filesIn(output.path))).toEqual(
    await hashes(study.instances.map((instance) => instance.path)),
  );
  const { delivered, acknowledged, requests, peakAssociations } = await pacs.state();
  const once = Object.fromEntries(study.instances.map((instance) => [instance.sopInstanceUID, 1]));
  expect(delivered).toEqual(once);
  expect(acknowledged).toEqual(once);
  expect(peakAssociations).toBe(1);
  expect(requests).toMatchObject([
    { operation: 'get', level: 'STUDY', studies: [study.studyInstanceUID], callingAETitle: 'GETSCU' },
  ]);
});

test('C-MOVE delivers to a known destination and refuses an unknown one', async () => {
  await using storescp = await startStorescp();
  await pacs.setDestinations({ STORESCP: { host: '127.0.0.1', port: storescp.port } });
  const all = [...demo, study];
  for (const { studyInstanceUID } of all) {
    const moved = await run('movescu', ['-S', '-aem', 'STORESCP', ...getKeys(studyInstanceUID), ...address(pacs)]);
    expect(moved).toMatchObject({ code: 0 });
  }
  const sent = all.flatMap(({ instances }) => instances.map((instance) => instance.path));
  expect(await hashes(await storescp.files())).toEqual(await hashes(sent));
  const unknown = await run('movescu', [
    '-S',
    '-v',
    '-aem',
    'NOWHERE',
    ...getKeys(study.studyInstanceUID),
    ...address(pacs),
  ]);
  expect(unknown.code).not.toBe(0);
  expect((await pacs.state()).events.at(-2)).toMatchObject({ kind: 'finished', what: 'move', status: 0xa801 });
});

test('Orthanc gets compressed instances by C-MOVE unchanged', async () => {
  await using orthanc = await startOrthanc();
  await pacs.setDestinations({ ORTHANC: { host: '127.0.0.1', port: orthanc.dicomPort } });
  const [jpeg] = demo.filter(({ plan }) => plan.label === 'demo-07');
  const moved = await run('movescu', [
    '-S',
    '-aem',
    'ORTHANC',
    ...getKeys(jpeg?.studyInstanceUID ?? ''),
    ...address(pacs),
  ]);
  expect(moved).toMatchObject({ code: 0 });
  expect(await orthanc.instances()).toEqual(jpeg?.instances.map((instance) => instance.sopInstanceUID).sort());
});

test.for(['storescu', 'dcmsend'])(
  'instances sent by %s are kept byte by byte and found afterwards',
  async (program) => {
    await using dir = await temporaryFolder();
    await using destination = await startPacs({ dir: dir.path, aeTitle: 'DEST' });
    const files = study.instances.map((instance) => instance.path);
    expect(await run(program, [...address(destination), ...files])).toMatchObject({ code: 0 });
    expect(await hashes(await filesIn(path.join(dir.path, 'received')))).toEqual(await hashes(files));
    const uids = study.instances.map((instance) => instance.sopInstanceUID).sort();
    expect(await destination.instances()).toEqual(uids);
    expect((await destination.state()).received).toEqual(Object.fromEntries(uids.map((uid) => [uid, 1])));
    await using again = await startPacs({ dir: dir.path, aeTitle: 'DEST' });
    expect(await again.instances()).toEqual(uids);
  },
);

test('a PACS as a process obeys its control endpoint and holds its instances over a kill', async () => {
  await using dir = await temporaryFolder();
  await mkdir(path.join(dir.path, 'empty'));
  const files = study.instances.map((instance) => instance.path);
  const first = await spawnPacs({ dir: dir.path, aeTitle: 'DEMO', faults: { refuseStatus: { store: 0xa700 } } });
  await using owned = first;
  await run('dcmsend', [...address(owned), ...files]);
  expect(await owned.instances()).toEqual([]);
  await owned.setFaults({});
  expect(await run('dcmsend', [...address(owned), ...files])).toMatchObject({ code: 0 });
  expect(Object.keys((await owned.state()).received)).toHaveLength(10);
  await owned.reset();
  expect((await owned.state()).received).toEqual({});
  await owned.kill();
  await using second = await spawnPacs({ dir: dir.path, aeTitle: 'DEMO', port: first.port });
  expect(second.port).toBe(first.port);
  expect(await second.instances()).toHaveLength(10);
  await writeStudy(dir.path, { label: 'later' });
  await second.rescan();
  expect(await second.instances()).toHaveLength(11);
});

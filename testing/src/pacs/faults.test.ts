import { readdir } from 'node:fs/promises';
import {
  connect,
  getInstances,
  storageProposals,
  COMMAND,
  DimseError,
  encodeIdentifier,
  SOP_CLASS,
  TRANSFER_SYNTAX,
  type Peer,
} from '@viaduct/dicom/dimse';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { run, temporaryFolder, waitFor, type TemporaryFolder } from '../services/index.ts';
import { writeStudy, type WrittenStudy } from '../studies/index.ts';
import { startPacs, type Pacs } from './index.ts';

let folder: TemporaryFolder;
let study: WrittenStudy;
let pacs: Pacs;
beforeAll(async () => {
  folder = await temporaryFolder('viaduct-faults-');
  study = await writeStudy(folder.path, { label: 'faults', instances: 10 });
});
afterAll(() => folder[Symbol.asyncDispose]());
beforeEach(async () => {
  pacs = await startPacs({ dir: folder.path, aeTitle: 'SOURCE' });
});
afterEach(() => pacs.close());

const address = () => ['-aec', 'SOURCE', '127.0.0.1', String(pacs.port)];
const files = () => study.instances.map((instance) => instance.path);

/** Runs getscu for the whole study; gives its exit code and how many files came. */
async function get(...options: string[]): Promise<{ code: number; files: number; text: string }> {
  await using output = await temporaryFolder();
  const keys = ['-k', 'QueryRetrieveLevel=STUDY', '-k', `StudyInstanceUID=${study.studyInstanceUID}`];
  const { code, stdout, stderr } = await run('getscu', [
    '-S',
    '-v',
    '+B',
    '-od',
    output.path,
    ...options,
    ...keys,
    ...address(),
  ]);
  return { code, files: (await readdir(output.path)).length, text: stdout + stderr };
}

const finished = async () => (await pacs.state()).events.filter((event) => event.kind === 'finished').at(-1)?.status;
const sum = (counts: Readonly<Record<string, number>>) => Object.values(counts).reduce((all, one) => all + one, 0);

test('withheld instances are counted as failed and delivered after healing', async () => {
  const withhold = study.instances.slice(2, 5).map((instance) => instance.sopInstanceUID);
  await pacs.setFaults({ withhold });
  expect((await get()).files).toBe(7);
  expect(await finished()).toBe(0xb000);
  const { delivered } = await pacs.state();
  expect(withhold.some((uid) => uid in delivered)).toBe(false);
  await pacs.setFaults({});
  expect((await get()).files).toBe(10);
  expect(await finished()).toBe(0);
});

test('an abort strikes after k instances, as often as the script says', async () => {
  await pacs.setFaults({ abortAfter: 4, abortTimes: 1 });
  const broken = await get();
  expect(broken.files).toBe(4);
  expect(broken.text).toContain('Peer aborted Association');
  expect((await pacs.state()).events.some((event) => event.kind === 'broken')).toBe(true);
  expect((await get()).files).toBe(10);
});

test('an abort strikes a sender after k instances', async () => {
  await using dir = await temporaryFolder();
  await using destination = await startPacs({ dir: dir.path, aeTitle: 'SOURCE', faults: { abortAfter: 3 } });
  const outcome = await run('storescu', ['-aec', 'SOURCE', '127.0.0.1', String(destination.port), ...files()]);
  expect(outcome.code).not.toBe(0);
  expect(sum((await destination.state()).received)).toBe(3);
});

test('a hanging PACS stops after k instances and stays silent', async () => {
  await pacs.setFaults({ hangAfter: 4 });
  const began = Date.now();
  const outcome = await get('-td', '1');
  expect(outcome.files).toBe(4);
  expect(Date.now() - began).toBeGreaterThan(900);
  expect((await pacs.state()).events.some((event) => event.kind === 'fault' && event.what === 'hang')).toBe(true);
});

test('a silent PACS leaves the association or the requests unanswered', async () => {
  await pacs.setFaults({ silent: 'association' });
  expect((await run('echoscu', ['-ta', '1', ...address()])).code).not.toBe(0);
  await pacs.setFaults({ silent: 'requests' });
  expect((await run('echoscu', ['-td', '1', ...address()])).code).not.toBe(0);
  await pacs.setFaults({});
  expect((await run('echoscu', address())).code).toBe(0);
});

test.for<['called' | 'calling' | 'transient', string]>([
  ['called', 'Called AE Title Not Recognized'],
  ['calling', 'Calling AE Title Not Recognized'],
  ['transient', 'Rejected Transient'],
])('associations are refused: %s', async ([refuseAssociation, words]) => {
  await pacs.setFaults({ refuseAssociation });
  const { code, stdout, stderr } = await run('echoscu', ['-v', ...address()]);
  expect(code).not.toBe(0);
  expect(stdout + stderr).toContain(words);
});

test('a wrong called AE title is refused without any script', async () => {
  const { stdout, stderr } = await run('echoscu', ['-v', '-aec', 'OTHER', '127.0.0.1', String(pacs.port)]);
  expect(stdout + stderr).toContain('Called AE Title Not Recognized');
});

test('requests are refused with the status of the script', async () => {
  await pacs.setFaults({ refuseStatus: { get: 0xa702, store: 0xa700, find: 0xa700 } });
  expect((await get()).files).toBe(0);
  expect(await finished()).toBe(0xa702);
  const { stdout, stderr } = await run('storescu', ['-v', ...address(), ...files().slice(0, 1)]);
  expect(stdout + stderr).toMatch(/Refused: Out ?Of ?Resources/i);
  expect((await pacs.state()).received).toEqual({});
});

test('images are kept with the status of the script', async () => {
  await using dir = await temporaryFolder();
  await using destination = await startPacs({ dir: dir.path, aeTitle: 'SOURCE', faults: { keepStatus: 0xb000 } });
  const to = ['-v', '-aec', 'SOURCE', '127.0.0.1', String(destination.port)];
  const { stdout, stderr } = await run('storescu', [...to, ...files().slice(0, 1)]);
  expect(stdout + stderr).toMatch(/Warning: Coercion ?Of ?Data ?Elements/i);
  expect(sum((await destination.state()).received)).toBe(1);
});

test('a slow PACS pauses before each instance', async () => {
  await pacs.setFaults({ delayMs: 60 });
  const began = Date.now();
  expect((await get()).files).toBe(10);
  expect(Date.now() - began).toBeGreaterThanOrEqual(600);
});

function peer(): Peer {
  const deadline = 5_000;
  return {
    host: '127.0.0.1',
    port: pacs.port,
    calledAETitle: 'SOURCE',
    callingAETitle: 'TEST',
    connectTimeoutMs: deadline,
    associationTimeoutMs: deadline,
    responseTimeoutMs: deadline,
    idleTimeoutMs: deadline,
  };
}
const FIND = [{ abstractSyntax: SOP_CLASS.studyRootFind, transferSyntaxes: [TRANSFER_SYNTAX.implicitLittleEndian] }];

test('associations above the cap are refused, and the peak is recorded', async () => {
  await pacs.setFaults({ maxAssociations: 2 });
  const open = [await connect(peer(), FIND), await connect(peer(), FIND)];
  await expect(connect(peer(), FIND)).rejects.toMatchObject({ reason: 'association-rejected-transient' });
  await open[0]?.release();
  await waitFor(async () => (await pacs.state()).openAssociations === 1);
  const third = await connect(peer(), FIND);
  expect((await pacs.state()).peakAssociations).toBe(2);
  for (const association of [...open, third]) await association.release();
});

test('a C-FIND is canceled between two answers', async () => {
  await pacs.setFaults({ answerDelayMs: 50 });
  const association = await connect(peer(), FIND);
  const identifier = encodeIdentifier(
    'IMAGE',
    {
      StudyInstanceUID: study.studyInstanceUID,
      SeriesInstanceUID: study.instances[0]?.seriesInstanceUID ?? '',
      SOPInstanceUID: '',
    },
    TRANSFER_SYNTAX.implicitLittleEndian,
  );
  const command = {
    commandField: COMMAND.findRequest,
    messageID: 7,
    priority: 0,
    affectedSOPClassUID: SOP_CLASS.studyRootFind,
  };
  await association.send(1, command, [identifier]);
  const statuses: (number | undefined)[] = [];
  while (statuses.at(-1) === undefined || statuses.at(-1) === 0xff00) {
    statuses.push((await association.next())?.command.status);
    if (statuses.length === 2) {
      await association.send(1, { commandField: COMMAND.cancelRequest, messageIDBeingRespondedTo: 7 });
    }
  }
  expect(statuses.at(-1)).toBe(0xfe00);
  expect(statuses.length).toBeLessThan(10);
  await association.release();
});

test('a C-GET is canceled between two instances', async () => {
  await pacs.setFaults({ delayMs: 40 });
  await using output = await temporaryFolder();
  const stop = new AbortController();
  let taken = 0;
  const sink = {
    begin: ({ sopInstanceUID }: { sopInstanceUID: string }) => ({ path: `${output.path}/${sopInstanceUID}` }),
    done: () => {
      if (++taken === 3) stop.abort();
      return 0;
    },
  };
  const request = {
    level: 'STUDY' as const,
    identifier: { StudyInstanceUID: study.studyInstanceUID },
    proposals: storageProposals(),
  };
  await expect(getInstances(peer(), request, sink, { signal: stop.signal })).rejects.toBeInstanceOf(DimseError);
  await waitFor(async () => (await finished()) === 0xfe00);
  expect(sum((await pacs.state()).delivered)).toBeLessThan(6);
});

const MOVE = [{ abstractSyntax: SOP_CLASS.studyRootMove, transferSyntaxes: [TRANSFER_SYNTAX.explicitLittleEndian] }];
const moveKeys = () => ['-k', 'QueryRetrieveLevel=STUDY', '-k', `StudyInstanceUID=${study.studyInstanceUID}`];

test('a requestor that disappears in the middle of a C-MOVE stops it', async () => {
  await using dir = await temporaryFolder();
  await using destination = await startPacs({ dir: dir.path, aeTitle: 'DEST', faults: { delayMs: 30 } });
  await pacs.setDestinations({ DEST: { host: '127.0.0.1', port: destination.port } });
  const association = await connect(peer(), MOVE);
  const command = { commandField: COMMAND.moveRequest, messageID: 1, priority: 0, moveDestination: 'DEST' };
  const identifier = { StudyInstanceUID: study.studyInstanceUID };
  await association.send(1, { ...command, affectedSOPClassUID: SOP_CLASS.studyRootMove }, [
    encodeIdentifier('STUDY', identifier, TRANSFER_SYNTAX.explicitLittleEndian),
  ]);
  await association.next();
  association.destroy();
  const open = async () => (await pacs.state()).openAssociations + (await destination.state()).openAssociations;
  await waitFor(async () => (await open()) === 0);
  expect(sum((await destination.state()).received)).toBeLessThan(10);
  expect((await run('echoscu', address())).code).toBe(0);
});

test('a destination that breaks off makes the rest of a C-MOVE fail', async () => {
  await using dir = await temporaryFolder();
  await using destination = await startPacs({ dir: dir.path, aeTitle: 'DEST', faults: { abortAfter: 4 } });
  await pacs.setDestinations({ DEST: { host: '127.0.0.1', port: destination.port } });
  await run('movescu', ['-S', '-aem', 'DEST', ...moveKeys(), ...address()]);
  expect(await finished()).toBe(0xb000);
  expect(sum((await pacs.state()).acknowledged)).toBe(4);
  await pacs.setDestinations({ DEST: { host: '127.0.0.1', port: 1 } });
  await run('movescu', ['-S', '-aem', 'DEST', ...moveKeys(), ...address()]);
  expect(await finished()).toBe(0xa702);
});

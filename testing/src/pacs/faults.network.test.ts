import {
  connect,
  DimseError,
  echo,
  find,
  move,
  SOP_CLASS,
  TRANSFER_SYNTAX,
  type Answer,
  type Association,
  type Peer,
} from '@viaduct/dicom/dimse';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { run, temporaryFolder, waitFor, type TemporaryFolder } from '../services/index.ts';
import { writeStudy, type WrittenStudy } from '../studies/index.ts';
import { startPacs, type Pacs } from './index.ts';
import { untilRestart } from './restarts.ts';

let folder: TemporaryFolder;
let study: WrittenStudy;
let pacs: Pacs;
beforeAll(async () => {
  folder = await temporaryFolder('viaduct-network-');
  study = await writeStudy(folder.path, { label: 'network', instances: 8, bytesPerInstance: 20_000 });
});
afterAll(() => folder[Symbol.asyncDispose]());
beforeEach(async () => {
  pacs = await startPacs({ dir: folder.path, aeTitle: 'SOURCE' });
});
afterEach(() => pacs.close());

function peer(patience: Partial<Peer> = {}): Peer {
  const deadline = 10_000;
  return {
    host: '127.0.0.1',
    port: pacs.port,
    calledAETitle: 'SOURCE',
    callingAETitle: 'TEST',
    connectTimeoutMs: deadline,
    associationTimeoutMs: deadline,
    responseTimeoutMs: deadline,
    idleTimeoutMs: deadline,
    ...patience,
  };
}
const FIND = [{ abstractSyntax: SOP_CLASS.studyRootFind, transferSyntaxes: [TRANSFER_SYNTAX.implicitLittleEndian] }];
const studyKeys = () => ['-k', 'QueryRetrieveLevel=STUDY', '-k', `StudyInstanceUID=${study.studyInstanceUID}`];
const address = () => ['-aec', 'SOURCE', '127.0.0.1', String(pacs.port)];

async function answers(level: 'STUDY' | 'IMAGE' = 'STUDY', keys: Record<string, string> = {}): Promise<Answer[]> {
  const found: Answer[] = [];
  const unique = { StudyInstanceUID: study.studyInstanceUID, ...keys };
  for await (const answer of find(peer(), level, unique)) found.push(answer);
  return found;
}
/** Everything of the one series. */
const images = () =>
  answers('IMAGE', { SeriesInstanceUID: study.instances[0]?.seriesInstanceUID ?? '', SOPInstanceUID: '' });

describe('the line', () => {
  test('latency delays both directions of every exchange', async () => {
    await pacs.setFaults({ line: { latencyMs: 60, jitterMs: 20 } });
    const { associateMs, echoMs } = await echo(peer());
    expect(associateMs).toBeGreaterThanOrEqual(110);
    expect(echoMs).toBeGreaterThanOrEqual(110);
  });

  test('a narrow line takes its time, whatever the number of associations', async () => {
    await pacs.setFaults({ line: { bytesPerSecond: 400_000 } });
    const began = performance.now();
    const { code } = await run('storescu', [...address(), ...study.instances.map((instance) => instance.path)]);
    expect(code).toBe(0);
    expect(performance.now() - began).toBeGreaterThanOrEqual((8 * 20_000 * 1000) / 400_000);
  });

  test("Nagle's algorithm stalls every answer until the peer's delayed acknowledgement", async () => {
    await pacs.setFaults({ line: { nagle: true } });
    const began = performance.now();
    await run('storescu', [...address(), ...study.instances.map((instance) => instance.path)]);
    expect(performance.now() - began).toBeGreaterThan(8 * 35);
  });
});

test('a connection is half closed after k instances', async () => {
  await pacs.setFaults({ halfCloseAfter: 3 });
  const outcome = await run('storescu', ['-v', ...address(), ...study.instances.map((instance) => instance.path)]);
  expect(outcome.code).not.toBe(0);
  expect(Object.keys((await pacs.state()).received)).toHaveLength(3);
  expect((await pacs.state()).events.some(({ what }) => what === 'half-close')).toBe(true);
});

/** Settles with the failure of an association. */
async function failure(association: Association): Promise<DimseError | undefined> {
  await association.closed;
  return association.failure;
}

test('one association too many resets all of them', async () => {
  await pacs.setFaults({ resetAbove: { associations: 2 } });
  const open = [await connect(peer(), FIND), await connect(peer(), FIND)];
  await expect(connect(peer(), FIND)).rejects.toBeInstanceOf(DimseError);
  for (const association of open) {
    expect(await failure(association)).toMatchObject({
      reason: 'closed-without-response',
      facts: { code: 'ECONNRESET' },
    });
  }
  expect((await pacs.state()).resets).toBe(1);
  await waitFor(async () => (await pacs.state()).openAssociations === 0);
  await echo(peer());
});

test('one request too many within the time resets all connections, and later ones are served', async () => {
  await pacs.setFaults({ resetAbove: { requests: 3, perMs: 3_600_000 } });
  const bystander = await connect(peer(), FIND);
  for (let request = 0; request < 3; request++) expect(await answers()).toHaveLength(1);
  await echo(peer());
  expect((await pacs.state()).resets).toBe(0);
  await expect(answers()).rejects.toBeInstanceOf(DimseError);
  expect(await failure(bystander)).toMatchObject({ facts: { code: 'ECONNRESET' } });
  expect((await pacs.state()).resets).toBe(1);
});

test('a restart resets what is open and takes nothing for a while', async () => {
  await pacs.setFaults({ restart: { everyMs: 300, downMs: 400 } });
  const association = await connect(peer(), FIND);
  expect(await failure(association)).toMatchObject({ facts: { code: 'ECONNRESET' } });
  await expect(echo(peer())).rejects.toBeInstanceOf(DimseError);
  await pacs.setFaults({});
  await echo(peer());
});

test.for([
  ['2026-03-01T01:30:00Z', '03:00', 90 * 60_000],
  ['2026-03-01T03:00:00Z', '03:00', 24 * 60 * 60_000],
  ['2026-12-31T23:59:30Z', '00:00', 30_000],
] as const)('at %s the next restart of %s is in %d ms', ([now, at, ms]) => {
  expect(untilRestart({ at, downMs: 1 }, new Date(now))).toBe(ms);
});

describe('answers', () => {
  test('a cap ends a query with its status, or quietly', async () => {
    await pacs.setFaults({ answersCap: { max: 5 } });
    await expect(images()).rejects.toMatchObject({ reason: 'refused-out-of-resources', facts: { status: 0xa700 } });
    await pacs.setFaults({ answersCap: { max: 5, status: 0 } });
    expect(await images()).toHaveLength(5);
  });

  test('a key that is ignored matches everything', async () => {
    expect(await answers('STUDY', { AccessionNumber: 'NOPE' })).toHaveLength(0);
    await pacs.setFaults({ ignoreKeys: ['AccessionNumber'] });
    expect(await answers('STUDY', { AccessionNumber: 'NOPE' })).toHaveLength(1);
  });

  test('counts of instances are off by as much as the script says', async () => {
    await pacs.setFaults({ countsOff: -3 });
    const [answer] = await answers('STUDY', { NumberOfStudyRelatedInstances: '', NumberOfStudyRelatedSeries: '' });
    expect(answer).toMatchObject({ NumberOfStudyRelatedInstances: ['5'], NumberOfStudyRelatedSeries: ['1'] });
  });
});

describe('retrieves', () => {
  const request = () => ({
    level: 'STUDY' as const,
    identifier: { StudyInstanceUID: study.studyInstanceUID },
    destinationAETitle: 'DEST',
  });
  let dir: TemporaryFolder;
  let destination: Pacs;
  beforeEach(async () => {
    dir = await temporaryFolder();
    destination = await startPacs({ dir: dir.path, aeTitle: 'DEST' });
    await pacs.setDestinations({ DEST: { host: '127.0.0.1', port: destination.port } });
  });
  afterEach(async () => {
    await destination.close();
    await dir[Symbol.asyncDispose]();
  });

  test.for([
    ['zero', { completed: 0, failed: 0, warning: 0, status: 0 }],
    ['none', { completed: undefined, failed: undefined, warning: undefined, status: 0xb000 }],
    ['all-completed', { completed: 8, failed: 0, warning: 0, status: 0 }],
  ] as const)('counters are wrong: %s', async ([counters, result]) => {
    await pacs.setFaults({ counters, withhold: [study.instances[0]?.sopInstanceUID ?? ''] });
    expect(await move(peer(), request())).toMatchObject(result);
    expect(Object.keys((await destination.state()).received)).toHaveLength(7);
  });

  test('a study on slow storage is fetched back once', async () => {
    await pacs.setFaults({ nearline: { delayMs: 120 } });
    expect((await answers())[0]?.['InstanceAvailability']).toEqual(['NEARLINE']);
    const began = performance.now();
    await move(peer(), request());
    expect(performance.now() - began).toBeGreaterThanOrEqual(115);
    expect((await answers())[0]?.['InstanceAvailability']).toEqual(['ONLINE']);
  });

  test('a retrieve from slow storage can be canceled while it waits', async () => {
    await pacs.setFaults({ nearline: { delayMs: 3_600_000 } });
    const stop = new AbortController();
    const moving = move(peer(), request(), { signal: stop.signal });
    await waitFor(async () => (await pacs.state()).requests.length === 1);
    stop.abort();
    await expect(moving).rejects.toMatchObject({ reason: 'canceled' });
    await waitFor(async () =>
      (await pacs.state()).events.some(({ kind, status }) => kind === 'finished' && status === 0xfe00),
    );
    expect((await destination.state()).received).toEqual({});
  });

  test('too many associations at a time slow each of them down', async () => {
    await pacs.setFaults({ slowAbove: { associations: 1, delayMs: 30 } });
    const bystander = await connect(peer(), FIND);
    const began = performance.now();
    await move(peer(), request());
    expect(performance.now() - began).toBeGreaterThanOrEqual(8 * 30);
    await bystander.release();
  });
});

test('with all kinds of jitter everything still arrives', async () => {
  await pacs.setFaults({ delayMs: 1, jitterMs: 5, line: { latencyMs: 1, jitterMs: 5, bytesPerSecond: 5_000_000 } });
  await using output = await temporaryFolder();
  const outcome = await run('getscu', ['-S', '+B', '-od', output.path, ...studyKeys(), ...address()]);
  expect(outcome.code).toBe(0);
  expect(Object.keys((await pacs.state()).acknowledged)).toHaveLength(8);
});

import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readFileMeta } from '../../part10/index.ts';
import { echo } from '../echo.ts';
import { find } from '../query/find.ts';
import { openStoreAssociation } from '../store/scu.ts';
import { startStorageScp } from '../store/scp.ts';
import { filesBelow, freePort, peerAt, runAgainstUs, startOrthanc, temporaryFolder } from '../peers/peers.ts';
import type { Answer, InstanceSink, StoredInstance, SubOperations } from '../types.ts';
import { TRANSFER_SYNTAX } from '../uids.ts';
import { getInstances } from './get.ts';
import { move } from './move.ts';
import { decodeAnswer, encodeIdentifier } from '../query/identifier.ts';
import { fitOneAssociation, storageProposals } from './proposals.ts';

const samples = join(import.meta.dirname, '../../../../testing/dicom');
const CT = '1.2.840.10008.5.1.4.1.1.2';

/** Several instances of the one class everybody proposes. */
function isPlainCt(study: Answer): boolean {
  return study['SOPClassesInStudy']?.join() === CT && Number(study['NumberOfStudyRelatedInstances']?.[0]) > 1;
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

function collect(folder: string, changes: Partial<InstanceSink> = {}) {
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

function sha256Of(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

describe('the proposals of a C-GET', () => {
  it.each([0, 1, 5, 9, 20, 126, 300])(
    'never exceed 127 contexts and leave no transfer syntax out, for %i classes',
    (count) => {
      const classes = Array.from({ length: count }, (_, index) => `1.2.${index}`);
      const proposals = storageProposals(classes);
      expect(proposals.length).toBeLessThanOrEqual(127);
      const first = proposals.filter(({ abstractSyntax }) => abstractSyntax === proposals[0]?.abstractSyntax);
      expect(first.flatMap(({ transferSyntaxes }) => transferSyntaxes)).toHaveLength(16);
      expect(proposals.every(({ scpRole }) => scpRole)).toBe(true);
    },
  );

  it('give each transfer syntax its own context when few classes are known', () => {
    expect(storageProposals([CT]).map(({ transferSyntaxes }) => transferSyntaxes.length)).toEqual(Array(16).fill(1));
  });

  it('the usual classes come beside those that are known where these may not be all', () => {
    const proposals = storageProposals(['1.2.3', CT], true);
    const classes = new Set(proposals.map(({ abstractSyntax }) => abstractSyntax));
    expect([...classes].slice(0, 2)).toEqual(['1.2.3', CT]);
    for (const { abstractSyntax } of storageProposals()) expect(classes).toContain(abstractSyntax);
    expect(proposals.length).toBeLessThanOrEqual(127);
  });
});

describe('a study of many SOP classes', () => {
  const images = Array.from({ length: 8 }, (_, index) => `1.2.${index}`);

  it('needs a second association when its classes have more transfer syntaxes than contexts', () => {
    expect(fitOneAssociation(images.slice(1))).toBe(true);
    expect(fitOneAssociation(images)).toBe(false);
  });

  it('has room for plain objects beside its images', () => {
    const report = '1.2.840.10008.5.1.4.1.1.88.11';
    expect(fitOneAssociation([...images.slice(1), report])).toBe(true);
    expect(storageProposals([...images.slice(1), report])).toHaveLength(7 * 16 + 1);
  });
});

describe('identifiers', () => {
  it.each([TRANSFER_SYNTAX.implicitLittleEndian, TRANSFER_SYNTAX.explicitLittleEndian])(
    'come back as they were in %s',
    (syntax) => {
      const identifier = { PatientName: 'Müller^Jürgen', StudyDate: '', StudyInstanceUID: ['1.2', '1.3'], Rows: '512' };
      expect(decodeAnswer(encodeIdentifier('IMAGE', identifier, syntax), syntax)).toEqual({
        SpecificCharacterSet: ['ISO_IR 192'],
        QueryRetrieveLevel: ['IMAGE'],
        PatientName: ['Müller^Jürgen'],
        StudyDate: [],
        StudyInstanceUID: ['1.2', '1.3'],
        Rows: ['512'],
      });
    },
  );

  it('are written in the character set they name', () => {
    const bytes = encodeIdentifier(
      'STUDY',
      { SpecificCharacterSet: 'ISO_IR 100', PatientName: 'Müller' },
      '1.2.840.10008.1.2',
    );
    expect(bytes.includes(Buffer.from('M\xfcller', 'latin1'))).toBe(true);
  });
});

describe('with Orthanc', () => {
  let orthanc: Awaited<ReturnType<typeof startOrthanc>>;
  let receiverFolder: Awaited<ReturnType<typeof temporaryFolder>>;
  let receiver: Awaited<ReturnType<typeof startStorageScp>>;
  let moved: StoredInstance[];
  const studies = new Map<string, string[]>();

  beforeAll(async () => {
    receiverFolder = await temporaryFolder();
    const { stored, sink } = collect(receiverFolder.path);
    moved = stored;
    const port = await freePort();
    receiver = await startStorageScp({ aeTitle: 'RX', host: '127.0.0.1', port, authorize: () => 'accept', sink });
    orthanc = await startOrthanc({ rx: ['RX', '127.0.0.1', port], dead: ['DEAD', '127.0.0.1', await freePort()] });
    await fill();
  });
  afterAll(async () => {
    await orthanc[Symbol.asyncDispose]();
    await receiver.close();
    await receiverFolder[Symbol.asyncDispose]();
  });

  /** Sends some series, compressed ones among them. */
  async function fill(): Promise<void> {
    const names = ['ct/series-512', 'ct/series-24x38x3', 'nm', 'charset', 'mr'];
    const files = (await Promise.all(names.map((name) => filesBelow(join(samples, name))))).flat();
    for (const file of files.filter((name) => name.endsWith('.dcm'))) {
      const { meta, dataSetOffset: start, fileSize: end } = await readFileMeta(file);
      if (meta.sopClassUID === '' || (end - start) % 2 !== 0) continue;
      const proposal = { abstractSyntax: meta.sopClassUID, transferSyntaxes: [meta.transferSyntaxUID] };
      const association = await openStoreAssociation(peerAt(orthanc.port, 'ORTHANC'), [proposal]);
      if (association.accepts(meta.sopClassUID, meta.transferSyntaxUID)) {
        const { status } = await association.store({ ...meta, dataSet: [{ path: file, start, end }] });
        if (status === 0)
          studies.set(meta.sopClassUID, [...(studies.get(meta.sopClassUID) ?? []), meta.sopInstanceUID]);
      }
      await association.release();
    }
  }

  async function findAll(level: 'STUDY' | 'IMAGE', identifier: Record<string, string>): Promise<Answer[]> {
    return all(find(peerAt(orthanc.port, 'ORTHANC'), level, identifier));
  }

  async function studyOf(description: (answer: Answer) => boolean): Promise<string> {
    const answers = await findAll('STUDY', {
      StudyInstanceUID: '',
      PatientName: '',
      NumberOfStudyRelatedInstances: '',
      SOPClassesInStudy: '',
    });
    const found = answers.find(description)?.['StudyInstanceUID']?.[0];
    if (found === undefined) throw new Error('no such study');
    return found;
  }

  it('verifies, and says which AE title is wrong', async () => {
    const times = await echo(peerAt(orthanc.port, 'ORTHANC'));
    expect(Object.values(times).every((time) => time >= 0)).toBe(true);
    await expect(echo(peerAt(orthanc.port, 'WRONG'))).rejects.toMatchObject({ reason: 'called-ae-rejected' });
  });

  it('finds studies, names in their own character sets', async () => {
    const names = (await findAll('STUDY', { PatientName: '', StudyInstanceUID: '' })).flatMap(
      (one) => one['PatientName'] ?? [],
    );
    expect(names).toContain('Äneas^Rüdiger');
    expect(names).toContain('Buc^Jérôme');
  });

  it('stops at the limit, at an early return, and at its signal', async () => {
    const peer = peerAt(orthanc.port, 'ORTHANC');
    const keys = { StudyInstanceUID: '' };
    expect(await all(find(peer, 'STUDY', keys, { limit: 2 }))).toHaveLength(2);
    const controller = new AbortController();
    await expect(
      (async () => {
        for await (const answer of find(peer, 'STUDY', keys, { signal: controller.signal }))
          if (answer) controller.abort();
      })(),
    ).rejects.toMatchObject({ reason: 'canceled' });
    for await (const answer of find(peer, 'STUDY', keys)) if (answer) break;
  });

  it('gets every study as getscu does, byte for byte, compressed ones as they are', async () => {
    await using folder = await temporaryFolder();
    const { stored, sink } = collect(folder.path);
    const answers = await findAll('STUDY', { StudyInstanceUID: '', NumberOfStudyRelatedInstances: '' });
    for (const answer of answers) {
      const result = await getInstances(
        peerAt(orthanc.port, 'ORTHANC'),
        {
          level: 'STUDY',
          identifier: { StudyInstanceUID: answer['StudyInstanceUID'] ?? '' },
          proposals: storageProposals([...studies.keys()]),
        },
        sink,
      );
      expect(result).toMatchObject({
        status: 0,
        completed: Number(answer['NumberOfStudyRelatedInstances']?.[0]),
        failed: 0,
      });
    }
    expect(new Set(stored.map(({ sopInstanceUID }) => sopInstanceUID))).toEqual(new Set([...studies.values()].flat()));
    expect(
      stored.filter(({ transferSyntaxUID }) => transferSyntaxUID.startsWith('1.2.840.10008.1.2.4')).length,
    ).toBeGreaterThan(2);
    await using theirs = await temporaryFolder();
    for (const answer of answers) {
      const keys = ['-S', '-k', '0008,0052=STUDY', '-k', `0020,000d=${answer['StudyInstanceUID']?.[0]}`];
      const address = ['-aec', 'ORTHANC', '127.0.0.1', String(orthanc.port)];
      await runAgainstUs('getscu', ['+B', ...keys, '-od', theirs.path, ...address]);
    }
    let compared = 0;
    for (const file of await filesBelow(theirs.path)) {
      const { meta, dataSetOffset } = await readFileMeta(file);
      const ours = stored.find(({ sopInstanceUID }) => sopInstanceUID === meta.sopInstanceUID);
      if (ours?.transferSyntaxUID !== meta.transferSyntaxUID) continue;
      expect(sha256Of((await readFile(file)).subarray(dataSetOffset))).toBe(ours.sha256);
      compared += 1;
    }
    expect(compared).toBeGreaterThan(4);
  });

  it('gets a study without knowing its SOP classes', async () => {
    await using folder = await temporaryFolder();
    const { stored, sink } = collect(folder.path);
    const study = await studyOf(isPlainCt);
    const progress: SubOperations[] = [];
    const request = { level: 'STUDY', identifier: { StudyInstanceUID: study } } as const;
    const result = await getInstances(peerAt(orthanc.port, 'ORTHANC'), request, sink, {
      onProgress: (counts) => progress.push(counts),
    });
    expect(stored).toHaveLength(result.completed ?? -1);
    expect(progress.length).toBeGreaterThan(1);
  });

  it('ends a C-GET with canceled when its signal fires', async () => {
    await using folder = await temporaryFolder();
    const controller = new AbortController();
    const { sink } = collect(folder.path, {
      done: () => {
        controller.abort();
        return 0;
      },
    });
    const study = await studyOf(isPlainCt);
    const request = { level: 'STUDY', identifier: { StudyInstanceUID: study } } as const;
    await expect(
      getInstances(peerAt(orthanc.port, 'ORTHANC'), request, sink, { signal: controller.signal }),
    ).rejects.toMatchObject({ reason: 'canceled' });
  });

  it('moves a study to our receiver, which knows the originator', async () => {
    const study = await studyOf(isPlainCt);
    const result = await move(peerAt(orthanc.port, 'ORTHANC'), {
      level: 'STUDY',
      identifier: { StudyInstanceUID: study },
      destinationAETitle: 'RX',
      messageID: 4711,
    });
    expect(result.status).toBe(0);
    expect(moved).toHaveLength(result.completed ?? -1);
    expect(moved[0]?.moveOriginator).toEqual({ aeTitle: 'VIADUCT', messageID: 4711 });
  });

  it('fails a move to a destination that is unknown or dead', async () => {
    const identifier = { StudyInstanceUID: await studyOf(() => true) };
    for (const destinationAETitle of ['NOBODY', 'DEAD']) {
      await expect(
        move(peerAt(orthanc.port, 'ORTHANC'), { level: 'STUDY', identifier, destinationAETitle }),
      ).rejects.toMatchObject({ reason: 'status-failure' });
    }
  });
});

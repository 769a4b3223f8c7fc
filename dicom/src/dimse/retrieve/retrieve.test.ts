import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readFileMeta } from '../../part10/index.ts';
import { COMMAND, encodeCommand } from '../command.ts';
import { echo, find, move } from '../control/control.ts';
import { encodePdu } from '../pdu/encode.ts';
import { openStoreAssociation } from '../store/scu.ts';
import { startStorageScp } from '../store/scp.ts';
import { filesBelow, freePort, peerAt, runAgainstUs, startOrthanc, temporaryFolder, until } from '../testing/peers.ts';
import {
  acceptOne,
  associateAccept,
  dataPdu,
  messagePdus,
  scriptedServer,
  ScriptedSocket,
} from '../testing/scriptedPeer.ts';
import type { Answer, InstanceSink, StoredInstance, SubOperations } from '../types.ts';
import { TRANSFER_SYNTAX } from '../uids.ts';
import { getInstances } from './get.ts';
import { decodeAnswer, encodeIdentifier } from './identifier.ts';
import { storageProposals } from './proposals.ts';

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

describe('with a peer that misbehaves', () => {
  const patience = { associationTimeoutMs: 300, responseTimeoutMs: 300, idleTimeoutMs: 300 };
  const implicit = TRANSFER_SYNTAX.implicitLittleEndian;

  const requests: readonly [string, (port: number, signal?: AbortSignal) => Promise<unknown>][] = [
    ['echo', (port, signal) => echo(peerAt(port, 'ANY', patience), { signal })],
    ['find', (port, signal) => all(find(peerAt(port, 'ANY', patience), 'STUDY', { PatientName: '' }, { signal }))],
    [
      'move',
      (port, signal) =>
        move(
          peerAt(port, 'ANY', patience),
          { level: 'STUDY', identifier: { StudyInstanceUID: '1' }, destinationAETitle: 'X' },
          { signal },
        ),
    ],
    [
      'get',
      (port, signal) =>
        getInstances(
          peerAt(port, 'ANY', patience),
          { level: 'STUDY', identifier: { StudyInstanceUID: '1' } },
          collect('/nowhere').sink,
          { signal },
        ),
    ],
  ];

  it.each(requests)(
    '%s reports silence, a close, an abort, a refused context, and a rejection',
    async (_name, request) => {
      const outcomes: [string, (peer: ScriptedSocket) => Promise<void>][] = [
        ['silent-peer', async () => undefined],
        ['silent-peer', (peer) => acceptOne(peer, implicit)],
        ['closed-without-response', async (peer) => void peer.socket.end()],
        [
          'closed-without-response',
          async (peer) => {
            await acceptOne(peer, implicit);
            await peer.pdu();
            peer.socket.destroy();
          },
        ],
        [
          'aborted-by-peer',
          async (peer) => {
            await acceptOne(peer, implicit);
            await peer.pdu();
            peer.write(encodePdu({ kind: 'abort', source: 2, reason: 0 }));
          },
        ],
        [
          'context-not-accepted',
          async (peer) => {
            await peer.pdu();
            peer.write(
              encodePdu({ ...associateAccept([]), contexts: [{ id: 1, result: 3, transferSyntax: implicit }] }),
            );
            await peer.pdu();
            peer.socket.end();
          },
        ],
        [
          'calling-ae-rejected',
          async (peer) => {
            await peer.pdu();
            peer.write(encodePdu({ kind: 'associate-reject', result: 1, source: 1, reason: 3 }));
          },
        ],
      ];
      for (const [reason, script] of outcomes) {
        await using server = await scriptedServer(script);
        await expect(request(server.port), reason).rejects.toMatchObject({ reason });
      }
      await expect(request(await freePort())).rejects.toMatchObject({ reason: 'connection-refused' });
    },
  );

  it.each(requests)('%s is canceled by its signal although the peer does not answer', async (_name, request) => {
    const controller = new AbortController();
    await using server = await scriptedServer(async (peer) => {
      await acceptOne(peer, implicit);
      await peer.pdu();
      controller.abort();
    });
    await expect(request(server.port, controller.signal)).rejects.toMatchObject({ reason: 'canceled' });
  });

  it.each([
    [0xa801, 'move-destination-unknown'],
    [0xa702, 'refused-out-of-resources'],
    [0xc001, 'status-failure'],
    [0xfe00, 'canceled'],
  ])('move maps status %i', async (status, reason) => {
    const response = {
      commandField: COMMAND.moveResponse,
      messageIDBeingRespondedTo: 1,
      status,
      failedSubOperations: 3,
    };
    await using server = await scriptedServer(async (peer) => {
      await acceptOne(peer, implicit);
      await peer.pdu();
      await peer.pdu();
      peer.write(messagePdus(1, response));
      await peer.pdu();
      peer.write(encodePdu({ kind: 'release-reply' }));
    });
    const request = { level: 'STUDY', identifier: { StudyInstanceUID: '1' }, destinationAETitle: 'X' } as const;
    await expect(move(peerAt(server.port), request)).rejects.toMatchObject({ reason });
  });

  it('find takes answers with status FF01, several in one PDU, in their own character set', async () => {
    const pending = { commandField: COMMAND.findResponse, messageIDBeingRespondedTo: 1, status: 0xff01 };
    const answer = encodeIdentifier(
      'STUDY',
      { SpecificCharacterSet: ['', 'ISO 2022 IR 87'], PatientName: 'Yamada^Tarou=山田^太郎' },
      implicit,
    );
    const pdvs = (bytes: Buffer, control: number) => {
      const header = Buffer.alloc(6);
      header.writeUInt32BE(bytes.length + 2);
      header.set([1, control], 4);
      return Buffer.concat([header, bytes]);
    };
    const one = Buffer.concat([
      pdvs(encodeCommand(pending, true), 3),
      pdvs(answer.subarray(0, 9), 0),
      pdvs(answer.subarray(9), 2),
    ]);
    const pdu = Buffer.concat([Buffer.alloc(6), one, one]);
    pdu[0] = 4;
    pdu.writeUInt32BE(pdu.length - 6, 2);
    await using server = await scriptedServer(async (peer) => {
      await acceptOne(peer, implicit);
      await peer.pdu();
      await peer.pdu();
      peer.write(pdu, pdu, messagePdus(1, { ...pending, status: 0 }));
      await peer.pdu();
      peer.write(encodePdu({ kind: 'release-reply' }));
    });
    const answers = await all(find(peerAt(server.port), 'STUDY', { PatientName: '' }));
    expect(answers.map((found) => found['PatientName'])).toEqual(Array(4).fill(['Yamada^Tarou=山田^太郎']));
  });

  it('find cancels at the peer when the loop is left', async () => {
    const pending = { commandField: COMMAND.findResponse, messageIDBeingRespondedTo: 1, status: 0xff00 };
    let canceled = false;
    await using server = await scriptedServer(async (peer) => {
      await acceptOne(peer, implicit);
      await peer.pdu();
      await peer.pdu();
      peer.write(messagePdus(1, pending, encodeIdentifier('STUDY', { StudyInstanceUID: '1.2' }, implicit)));
      const cancel = await peer.pdu();
      canceled = cancel?.includes(Buffer.from('0000000102000000000ff0f'.slice(0, 16), 'hex')) ?? false;
      peer.write(messagePdus(1, { ...pending, status: 0xfe00 }));
      await peer.pdu();
      peer.write(encodePdu({ kind: 'release-reply' }));
    });
    for await (const answer of find(peerAt(server.port), 'STUDY', { StudyInstanceUID: '' })) if (answer) break;
    await until(() => canceled);
  });

  it('an unreadable answer is a protocol violation', async () => {
    const pending = { commandField: COMMAND.findResponse, messageIDBeingRespondedTo: 1, status: 0xff00 };
    await using server = await scriptedServer(async (peer) => {
      await acceptOne(peer, implicit);
      await peer.pdu();
      await peer.pdu();
      peer.write(messagePdus(1, pending, Buffer.from('08000500ffffff7f', 'hex')), dataPdu(1, true, Buffer.alloc(0)));
    });
    await expect(all(find(peerAt(server.port), 'STUDY', { PatientName: '' }))).rejects.toMatchObject({
      reason: 'protocol-violation',
    });
  });
});

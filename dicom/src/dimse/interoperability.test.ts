import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import type { AddressInfo, Server as NetServer } from 'node:net';
import { join } from 'node:path';
import dcmjsDimse from 'dcmjs-dimse';
import type {
  association as dcmjsAssociation,
  requests as dcmjsRequests,
  responses as dcmjsResponses,
} from 'dcmjs-dimse';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeDataSet, readFileMeta } from '../part10/index.ts';
import { testFile } from '../testFiles.ts';
import { echo } from './echo.ts';
import { freePort, peerAt, startDcmqrscp, temporaryFolder } from './peers/peers.ts';
import { find } from './query/find.ts';
import { getInstances } from './retrieve/get.ts';
import { move } from './retrieve/move.ts';
import { storageProposals } from './retrieve/proposals.ts';
import { startStorageScp } from './store/scp.ts';
import type { StorageScp } from './store/scp.ts';
import { openStoreAssociation } from './store/scu.ts';
import type { InstanceSink, OutgoingInstance, StoredInstance } from './types.ts';

const FILES = [
  'ct/CT_small.dcm',
  'mr/MR_small.dcm',
  'nm/JPEG-LL.dcm',
  'us/examples_ybr_color.dcm',
  'charset/chrGerm.dcm',
];
/** Compressed files, and the option with which dcmqrscp takes their transfer syntax. */
const COMPRESSED: readonly [file: string, option: string][] = [
  ['ts/JPEG-lossy.dcm', '+xx'],
  ['ts/SC_rgb_jpeg_dcmtk.dcm', '+xy'],
  ['nm/JPEG-LL.dcm', '+xs'],
  ['mr/MR_small_jpeg_ls_lossless.dcm', '+xt'],
  ['nm/JPEG2000.dcm', '+xw'],
  ['mr/MR_small_jp2klossless.dcm', '+xv'],
  ['mr/MR_small_RLE.dcm', '+xr'],
  ['ts/CT_small_deflated.dcm', '+xd'],
  ['mr/MR_small_bigendian.dcm', '+xb'],
];

async function sample(name: string): Promise<OutgoingInstance> {
  const path = testFile(name);
  const { meta, dataSetOffset: start, fileSize: end } = await readFileMeta(path);
  return { ...meta, dataSet: [{ path, start, end }] };
}

function collecting(folder: string) {
  const stored: StoredInstance[] = [];
  const sink: InstanceSink = {
    begin: ({ sopInstanceUID }) => ({ path: join(folder, `${sopInstanceUID}.dcm`) }),
    done: (instance) => {
      stored.push(instance);
      return 0;
    },
  };
  return { stored, sink };
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

/** The pixels of a file as they are encoded: dcmqrscp writes the elements around them anew. */
async function pixelsOf(path: string): Promise<readonly (Buffer | undefined)[]> {
  const { meta, dataSetOffset } = await readFileMeta(path);
  const pixels = decodeDataSet((await readFile(path)).subarray(dataSetOffset), meta.transferSyntaxUID).get(PIXEL_DATA);
  return pixels?.fragments ?? [pixels?.value];
}
const PIXEL_DATA = 0x7fe00010;

describe('with dcmqrscp', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let dcmqrscp: Awaited<ReturnType<typeof startDcmqrscp>>;
  let receiver: StorageScp;
  let moved: StoredInstance[];
  /** What it took, one per SOP Instance UID. */
  const held = new Map<string, OutgoingInstance>();

  beforeAll(async () => {
    folder = await temporaryFolder();
    const { stored, sink } = collecting(folder.path);
    moved = stored;
    const port = await freePort();
    receiver = await startStorageScp({ aeTitle: 'RX', host: '127.0.0.1', port, authorize: () => 'accept', sink });
    dcmqrscp = await startDcmqrscp({ aeTitle: 'RX', port });
    for (const name of FILES) {
      const instance = await sample(name);
      const proposal = { abstractSyntax: instance.sopClassUID, transferSyntaxes: [instance.transferSyntaxUID] };
      const association = await openStoreAssociation(peerAt(dcmqrscp.port, 'QRSCP'), [proposal]);
      if (association.accepts(instance.sopClassUID, instance.transferSyntaxUID)) {
        expect((await association.store(instance)).status).toBe(0);
        held.set(instance.sopInstanceUID, instance);
      }
      await association.release();
    }
    expect(held.size).toBeGreaterThan(2);
  });
  afterAll(async () => {
    await dcmqrscp[Symbol.asyncDispose]();
    await receiver.close();
    await folder[Symbol.asyncDispose]();
  });

  const studies = () => all(find(peerAt(dcmqrscp.port, 'QRSCP'), 'STUDY', { StudyInstanceUID: '', PatientName: '' }));

  it('verifies, finds patients and studies, and stops a query at its limit', async () => {
    const peer = peerAt(dcmqrscp.port, 'QRSCP');
    await echo(peer);
    expect((await studies()).length).toBeGreaterThan(2);
    const patients = await all(find(peer, 'PATIENT', { PatientID: '', PatientName: '' }));
    expect(patients.map((patient) => patient['PatientID']?.[0])).toContain('1CT1');
    expect(await all(find(peer, 'STUDY', { StudyInstanceUID: '' }, { limit: 1 }))).toHaveLength(1);
  });

  it('gets all that it holds', async () => {
    await using target = await temporaryFolder();
    const { stored, sink } = collecting(target.path);
    const proposals = storageProposals([...new Set([...held.values()].map(({ sopClassUID }) => sopClassUID))]);
    for (const study of await studies()) {
      const identifier = { StudyInstanceUID: study['StudyInstanceUID'] ?? '' };
      await getInstances(peerAt(dcmqrscp.port, 'QRSCP'), { level: 'STUDY', identifier, proposals }, sink);
    }
    expect(new Set(stored.map(({ sopInstanceUID }) => sopInstanceUID))).toEqual(new Set(held.keys()));
  });

  it.each(COMPRESSED)('stores %s and gets its pixels back as they are', async (name, option) => {
    await using server = await startDcmqrscp({ aeTitle: 'RX', port: receiver.port }, option);
    await using target = await temporaryFolder();
    const { stored, sink } = collecting(target.path);
    const instance = await sample(name);
    const { sopClassUID, transferSyntaxUID } = instance;
    const peer = peerAt(server.port, 'QRSCP');
    const proposal = { abstractSyntax: sopClassUID, transferSyntaxes: [transferSyntaxUID] };
    const association = await openStoreAssociation(peer, [proposal]);
    expect((await association.store(instance)).status).toBe(0);
    await association.release();
    const [study] = await all(find(peer, 'STUDY', { StudyInstanceUID: '' }));
    const identifier = { StudyInstanceUID: study?.['StudyInstanceUID'] ?? '' };
    // It looks for a context by SOP class alone, so that only the one that is needed may be there.
    await getInstances(peer, { level: 'STUDY', identifier, proposals: [{ ...proposal, scpRole: true }] }, sink);
    expect(stored.map((one) => one.transferSyntaxUID)).toEqual([transferSyntaxUID]);
    expect(await pixelsOf(stored[0]?.path ?? '')).toEqual(await pixelsOf(testFile(name)));
  });

  it('has a study moved to us', async () => {
    const [study] = await all(
      find(peerAt(dcmqrscp.port, 'QRSCP'), 'STUDY', { PatientID: '1CT1', StudyInstanceUID: '' }),
    );
    const request = {
      level: 'STUDY',
      identifier: { StudyInstanceUID: study?.['StudyInstanceUID'] ?? '' },
      destinationAETitle: 'RX',
    } as const;
    const { completed } = await move(peerAt(dcmqrscp.port, 'QRSCP'), request);
    expect(moved).toHaveLength(completed ?? -1);
    expect(moved.map(({ sopInstanceUID }) => held.has(sopInstanceUID))).toEqual([true]);
    const nowhere = { ...request, destinationAETitle: 'NOBODY' };
    await expect(move(peerAt(dcmqrscp.port, 'QRSCP'), nowhere)).rejects.toMatchObject({
      reason: 'move-destination-unknown',
    });
  });
});

describe('with dcmjs-dimse', () => {
  const { Client, Dataset, Scp, Server, constants, requests, responses } = dcmjsDimse;
  dcmjsDimse.log.setLevel('silent');

  /** Without private elements: the library prints their values. */
  const PLAIN = 'ts/SC_rgb_small_odd.dcm';

  /** Takes everything and answers one study. */
  class Peer extends Scp {
    override associationRequested(asked: dcmjsAssociation.Association): void {
      for (const { context } of asked.getPresentationContexts()) {
        const [syntax = ''] = context.getTransferSyntaxUids();
        context.setResult(constants.PresentationContextResult.Accept, syntax);
      }
      this.sendAssociationAccept();
    }
    override cEchoRequest(
      request: dcmjsRequests.CEchoRequest,
      answer: (response: dcmjsResponses.CEchoResponse) => void,
    ): void {
      const response = responses.CEchoResponse.fromRequest(request);
      response.setStatus(constants.Status.Success);
      answer(response);
    }
    override cFindRequest(
      request: dcmjsRequests.CFindRequest,
      answer: (list: dcmjsResponses.CFindResponse[]) => void,
    ): void {
      const pending = responses.CFindResponse.fromRequest(request);
      pending.setDataset(new Dataset({ PatientName: 'A^B', StudyInstanceUID: '1.2.3' }));
      pending.setStatus(constants.Status.Pending);
      const final = responses.CFindResponse.fromRequest(request);
      final.setStatus(constants.Status.Success);
      answer([pending, final]);
    }
    override cStoreRequest(
      request: dcmjsRequests.CStoreRequest,
      answer: (response: dcmjsResponses.CStoreResponse) => void,
    ): void {
      const response = responses.CStoreResponse.fromRequest(request);
      response.setStatus(constants.Status.Success);
      answer(response);
    }
    override associationReleaseRequested(): void {
      this.sendAssociationReleaseResponse();
    }
  }

  it('verifies, finds and stores with its server', async () => {
    const server = new Server(Peer);
    server.listen(0);
    const socket = Reflect.get(server, 'server') as NetServer;
    await once(socket, 'listening');
    const peer = peerAt((socket.address() as AddressInfo).port);
    await echo(peer);
    const [answer] = await all(find(peer, 'STUDY', { PatientName: '', StudyInstanceUID: '' }));
    expect(answer).toMatchObject({ PatientName: ['A^B'], StudyInstanceUID: ['1.2.3'] });
    const instance = await sample(PLAIN);
    const proposal = { abstractSyntax: instance.sopClassUID, transferSyntaxes: [instance.transferSyntaxUID] };
    const association = await openStoreAssociation(peer, [proposal]);
    expect((await association.store(instance)).status).toBe(0);
    await association.release();
    server.close();
  });

  it('is verified by, and receives from, its client', async () => {
    await using folder = await temporaryFolder();
    const { stored, sink } = collecting(folder.path);
    const receiver = await startStorageScp({
      aeTitle: 'RX',
      host: '127.0.0.1',
      port: 0,
      authorize: () => 'accept',
      sink,
    });
    const statuses: number[] = [];
    const client = new Client();
    for (const request of [new requests.CEchoRequest(), new requests.CStoreRequest(testFile(PLAIN))]) {
      request.on('response', (response: { getStatus(): number }) => statuses.push(response.getStatus()));
      client.addRequest(request);
    }
    const closed = once(client as unknown as NetServer, 'closed');
    client.send('127.0.0.1', receiver.port, 'DCMJS', 'RX');
    await closed;
    expect(statuses).toEqual([0, 0]);
    expect(stored).toMatchObject([{ sopInstanceUID: (await sample(PLAIN)).sopInstanceUID }]);
    await receiver.close();
  });
});

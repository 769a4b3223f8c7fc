import { createHash, randomBytes } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readFileMeta } from '../../part10/index.ts';
import { COMMAND } from '../command.ts';
import type { DimseError } from '../errors.ts';
import { encodePdu } from '../pdu/encode.ts';
import { REJECTION } from '../pdu/types.ts';
import { filesBelow, peerAt, runAgainstUs, startStorescp, temporaryFolder, until } from '../peers/peers.ts';
import { associateRequest, dataPdu, messagePdus, ScriptedSocket } from '../peers/scriptedPeer.ts';
import type { InstanceSink, OutgoingInstance, StoredInstance } from '../types.ts';
import { SOP_CLASS, TRANSFER_SYNTAX } from '../uids.ts';
import { openStoreAssociation } from './scu.ts';
import { startStorageScp } from './scp.ts';
import type { StorageScpOptions } from './scp.ts';

const samples = join(import.meta.dirname, '../../../../testing/dicom');
const CT = '1.2.840.10008.5.1.4.1.1.2';

interface Sample extends OutgoingInstance {
  readonly file: string;
  readonly sha256: string;
}

/** Every readable test file with an even data set, one per SOP Instance UID. */
async function loadSamples(): Promise<Sample[]> {
  const found = new Map<string, Sample>();
  for (const file of (await filesBelow(samples)).filter(
    (name) => /\.dcm$/.test(name) && !/broken|fileset|canary/.test(name),
  )) {
    const described = await readFileMeta(file).catch(() => undefined);
    if (described === undefined || described.meta.sopClassUID === '' || described.meta.sopInstanceUID === '') continue;
    const { meta, dataSetOffset: start, fileSize: end } = described;
    if ((end - start) % 2 !== 0) continue;
    const sha256 = sha256Of((await readFile(file)).subarray(start));
    found.set(meta.sopInstanceUID, { ...meta, file, sha256, dataSet: [{ path: file, start, end }] });
  }
  return [...found.values()];
}

function sha256Of(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

async function hashOfDataSet(file: string): Promise<string> {
  const { dataSetOffset } = await readFileMeta(file);
  return sha256Of((await readFile(file)).subarray(dataSetOffset));
}

function proposalsFor(instances: readonly OutgoingInstance[]) {
  const pairs = new Map(instances.map((one) => [`${one.sopClassUID} ${one.transferSyntaxUID}`, one]));
  return [...pairs.values()].map((one) => ({
    abstractSyntax: one.sopClassUID,
    transferSyntaxes: [one.transferSyntaxUID],
  }));
}

async function startReceiver(changes: Partial<StorageScpOptions> = {}, sinkChanges: Partial<InstanceSink> = {}) {
  const folder = await temporaryFolder();
  const stored: StoredInstance[] = [];
  const failures: unknown[] = [];
  const errors: unknown[] = [];
  const scp = await startStorageScp({
    aeTitle: 'RX',
    host: '127.0.0.1',
    port: 0,
    authorize: () => 'accept',
    sink: {
      begin: ({ sopInstanceUID }) => ({ path: join(folder.path, 'in', `${sopInstanceUID}.dcm`) }),
      done: (instance) => {
        stored.push(instance);
        return 0;
      },
      failed: (_instance, error) => failures.push(error),
      ...sinkChanges,
    },
    onError: (error) => errors.push(error),
    ...changes,
  });
  const close = async () => {
    await scp.close();
    await folder[Symbol.asyncDispose]();
  };
  return { port: scp.port, folder: folder.path, stored, failures, errors, [Symbol.asyncDispose]: close };
}

function ctInstance(dataSet: OutgoingInstance['dataSet'], sopInstanceUID = '1.2.3'): OutgoingInstance {
  return { sopClassUID: CT, sopInstanceUID, transferSyntaxUID: TRANSFER_SYNTAX.explicitLittleEndian, dataSet };
}
const ctProposal = [{ abstractSyntax: CT, transferSyntaxes: [TRANSFER_SYNTAX.explicitLittleEndian] }];

let instances: Sample[] = [];
beforeAll(async () => {
  instances = await loadSamples();
  expect(instances.length).toBeGreaterThan(80);
});

describe('store to our own receiver', () => {
  it('keeps every byte of every test file, in every transfer syntax', async () => {
    await using receiver = await startReceiver();
    const association = await openStoreAssociation(peerAt(receiver.port, 'RX'), proposalsFor(instances));
    for (const instance of instances) expect((await association.store(instance)).status).toBe(0);
    await association.release();
    expect(receiver.stored.map(({ sha256 }) => sha256)).toEqual(instances.map(({ sha256 }) => sha256));
    for (const { path, sha256, transferSyntaxUID } of receiver.stored) {
      const { meta, dataSetOffset } = await readFileMeta(path);
      expect(meta.transferSyntaxUID).toBe(transferSyntaxUID);
      expect(sha256Of((await readFile(path)).subarray(dataSetOffset))).toBe(sha256);
    }
    expect((await filesBelow(receiver.folder)).filter((name) => name.endsWith('.part'))).toEqual([]);
  });

  it('puts a data set together from pieces of memory and files', async () => {
    await using receiver = await startReceiver();
    await using folder = await temporaryFolder();
    const file = join(folder.path, 'bulk');
    const bulk = randomBytes(3_000_000);
    await writeFile(file, bulk);
    const header = randomBytes(1001);
    const association = await openStoreAssociation(peerAt(receiver.port, 'RX'), ctProposal);
    const pieces = [header, { path: file, start: 17, end: 2_999_990 }, Buffer.alloc(0), randomBytes(4).fill(7)];
    await association.store(ctInstance(pieces));
    await association.release();
    const expected = Buffer.concat([header, bulk.subarray(17, 2_999_990), Buffer.alloc(4, 7)]);
    expect(receiver.stored[0]?.sha256).toBe(sha256Of(expected));
  });

  it('pads a deflated data set and refuses any other of odd length', async () => {
    await using receiver = await startReceiver();
    const deflated = { abstractSyntax: CT, transferSyntaxes: [TRANSFER_SYNTAX.deflated] };
    const association = await openStoreAssociation(peerAt(receiver.port, 'RX'), [...ctProposal, deflated]);
    await expect(association.store(ctInstance([Buffer.alloc(3)]))).rejects.toMatchObject({ reason: 'instance-broken' });
    const odd = { ...ctInstance([Buffer.of(1, 2, 3)]), transferSyntaxUID: TRANSFER_SYNTAX.deflated };
    expect((await association.store(odd)).status).toBe(0);
    expect(receiver.stored[0]?.sha256).toBe(sha256Of(Buffer.of(1, 2, 3, 0)));
    await association.release();
  });

  it('goes on after a file that is missing, and aborts when one ends too early', async () => {
    await using receiver = await startReceiver();
    await using folder = await temporaryFolder();
    const file = join(folder.path, 'short');
    await writeFile(file, Buffer.alloc(1_000_000));
    const association = await openStoreAssociation(peerAt(receiver.port, 'RX'), ctProposal);
    const missing = { path: join(folder.path, 'none'), start: 0, end: 10 };
    await expect(association.store(ctInstance([missing]))).rejects.toMatchObject({ facts: { code: 'ENOENT' } });
    expect((await association.store(ctInstance([Buffer.alloc(8)]))).status).toBe(0);
    const short = { path: file, start: 0, end: 2_000_000 };
    await expect(association.store(ctInstance([short]))).rejects.toMatchObject({ facts: { code: 'truncated' } });
    await expect(association.store(ctInstance([Buffer.alloc(8)]))).rejects.toMatchObject({ reason: 'instance-broken' });
    await until(() => receiver.failures.length === 1);
    expect(await readdir(join(receiver.folder, 'in'))).toEqual(['1.2.3.dcm']);
  });

  it('says what is not accepted, and what the receiver answered', async () => {
    await using receiver = await startReceiver({}, { begin: () => ({ refuse: 0xa700 }) });
    const unknown = {
      abstractSyntax: SOP_CLASS.studyRootFind,
      transferSyntaxes: [TRANSFER_SYNTAX.explicitLittleEndian],
    };
    const association = await openStoreAssociation(peerAt(receiver.port, 'RX'), [...ctProposal, unknown]);
    expect(association.accepts(CT, TRANSFER_SYNTAX.explicitLittleEndian)).toBe(true);
    expect(association.accepts(CT, TRANSFER_SYNTAX.jpegBaseline)).toBe(false);
    expect(association.accepts(SOP_CLASS.studyRootFind, TRANSFER_SYNTAX.explicitLittleEndian)).toBe(false);
    const compressed = { ...ctInstance([Buffer.alloc(8)]), transferSyntaxUID: TRANSFER_SYNTAX.jpegBaseline };
    await expect(association.store(compressed)).rejects.toMatchObject({ reason: 'context-not-accepted' });
    expect(await association.store(ctInstance([Buffer.alloc(3_000_000)]))).toEqual({ status: 0xa700 });
    expect(await association.store(ctInstance([Buffer.alloc(8)]))).toEqual({ status: 0xa700 });
    await association.release();
  });

  it('passes the originator of a C-MOVE on', async () => {
    await using receiver = await startReceiver();
    const association = await openStoreAssociation(peerAt(receiver.port, 'RX'), ctProposal);
    const moveOriginator = { aeTitle: 'ASKED', messageID: 4711 };
    await association.store({ ...ctInstance([Buffer.alloc(8)]), moveOriginator });
    await association.release();
    expect(receiver.stored[0]).toMatchObject({ moveOriginator, callingAETitle: 'VIADUCT', calledAETitle: 'RX' });
  });

  it('stops in the middle of an instance when its signal fires', async () => {
    const controller = new AbortController();
    await using receiver = await startReceiver({}, { begin: () => new Promise(() => controller.abort()) });
    const association = await openStoreAssociation(peerAt(receiver.port, 'RX'), ctProposal);
    const storing = association.store(ctInstance([Buffer.alloc(64_000_000)]), { signal: controller.signal });
    await expect(storing).rejects.toMatchObject({ reason: 'canceled' } satisfies Partial<DimseError>);
  });
});

describe('the receiver', () => {
  it('takes the same instance from two senders at once', async () => {
    await using receiver = await startReceiver();
    const send = async () => {
      const association = await openStoreAssociation(peerAt(receiver.port, 'RX'), ctProposal);
      const { status } = await association.store(ctInstance([Buffer.alloc(5_000_000, 1)]));
      await association.release();
      return status;
    };
    expect(await Promise.all([send(), send(), send()])).toEqual([0, 0, 0]);
    expect(await readdir(join(receiver.folder, 'in'))).toEqual(['1.2.3.dcm']);
  });

  it('answers only when the file is durable under its name', async () => {
    const seen: string[][] = [];
    await using receiver: Awaited<ReturnType<typeof startReceiver>> = await startReceiver(
      {},
      {
        done: async () => {
          seen.push(await readdir(join(receiver.folder, 'in')));
          return 0xb000;
        },
      },
    );
    const association = await openStoreAssociation(peerAt(receiver.port, 'RX'), ctProposal);
    expect((await association.store(ctInstance([Buffer.alloc(100)]))).status).toBe(0xb000);
    await association.release();
    expect(seen).toEqual([['1.2.3.dcm']]);
  });

  it('rejects other called AE titles and whom its list does not know', async () => {
    await using receiver = await startReceiver({
      authorize: ({ callingAETitle }) => (callingAETitle === 'VIADUCT' ? 'accept' : REJECTION.callingAETitle),
    });
    await expect(openStoreAssociation(peerAt(receiver.port, 'OTHER'), ctProposal)).rejects.toMatchObject({
      reason: 'called-ae-rejected',
    });
    const stranger = peerAt(receiver.port, 'RX', { callingAETitle: 'STRANGER' });
    await expect(openStoreAssociation(stranger, ctProposal)).rejects.toMatchObject({ reason: 'calling-ae-rejected' });
  });

  it('answers with a failure when it cannot write, and goes on', async () => {
    await using receiver = await startReceiver(
      {},
      { begin: ({ sopInstanceUID }) => ({ path: `/dev/null/${sopInstanceUID}` }) },
    );
    const association = await openStoreAssociation(peerAt(receiver.port, 'RX'), ctProposal);
    expect((await association.store(ctInstance([Buffer.alloc(2_000_000)]))).status).toBe(0x0110);
    expect((await association.store(ctInstance([Buffer.alloc(20)]))).status).toBe(0x0110);
    await association.release();
    expect(receiver.failures).toHaveLength(2);
  });

  it('does not let an instance choose its path', async () => {
    await using receiver = await startReceiver();
    const association = await openStoreAssociation(peerAt(receiver.port, 'RX'), ctProposal);
    expect((await association.store(ctInstance([Buffer.alloc(8)], '../../../evil'))).status).toBe(0xc000);
    await association.release();
    expect(receiver.stored).toEqual([]);
  });

  it.each([
    ['closes', (peer: ScriptedSocket) => peer.socket.end(), 'closed-without-response'],
    [
      'aborts',
      (peer: ScriptedSocket) => peer.write(encodePdu({ kind: 'abort', source: 0, reason: 0 })),
      'aborted-by-peer',
    ],
    [
      'breaks the protocol',
      (peer: ScriptedSocket) => peer.write(dataPdu(1, true, Buffer.alloc(8))),
      'protocol-violation',
    ],
    ['is silent', () => undefined, 'silent-peer'],
  ])('leaves no file when the sender %s in the middle of an instance', async (_name, act, reason) => {
    await using receiver = await startReceiver({ limits: { idleTimeoutMs: 300 } });
    await using peer = await ScriptedSocket.to(receiver.port);
    peer.write(encodePdu(associateRequest([CT])));
    await peer.pdu();
    const command = {
      commandField: COMMAND.storeRequest,
      messageID: 1,
      affectedSOPClassUID: CT,
      affectedSOPInstanceUID: '1.2',
    };
    peer.write(messagePdus(1, command, Buffer.alloc(2_000_000)).subarray(0, -16_012));
    act(peer);
    await until(() => receiver.failures.length === 1 && receiver.errors.length === 1);
    expect(receiver.failures).toMatchObject([{ reason }]);
    expect(await filesBelow(receiver.folder)).toEqual([]);
  });

  it('stores what storescu and dcmsend send as storescp does, byte for byte', async () => {
    await using receiver = await startReceiver();
    await using storescp = await startStorescp('+xa');
    // DCMTK encodes anew what it sends, so the files themselves are no measure.
    const names = ['ct/CT_small.dcm', 'mr/MR_small_RLE.dcm', 'us/examples_ybr_color.dcm', 'nm/JPEG2000.dcm'];
    const files = names.map((name) => join(samples, name));
    for (const port of [receiver.port, storescp.port]) {
      const address = ['-aec', 'RX', '127.0.0.1', String(port)];
      expect(await runAgainstUs('dcmsend', [...address, ...files])).toMatchObject({ code: 0 });
    }
    const theirs = await Promise.all((await filesBelow(storescp.folder)).map(hashOfDataSet));
    expect(receiver.stored.map(({ sha256 }) => sha256).toSorted()).toEqual(theirs.toSorted());
    expect(theirs).toHaveLength(4);
    const address = ['-aec', 'RX', '127.0.0.1', String(receiver.port)];
    expect(await runAgainstUs('storescu', [...address, ...files.slice(0, 1)])).toMatchObject({ code: 0 });
    expect(theirs).toContain(receiver.stored.at(-1)?.sha256);
    expect(await runAgainstUs('echoscu', address)).toMatchObject({ code: 0 });
  });
});

describe('store to storescp', () => {
  let storescp: Awaited<ReturnType<typeof startStorescp>>;
  beforeAll(async () => {
    storescp = await startStorescp('+xa');
  });
  afterAll(() => storescp[Symbol.asyncDispose]());

  it('sends what it accepts, byte for byte', async () => {
    const association = await openStoreAssociation(peerAt(storescp.port, 'STORESCP'), proposalsFor(instances));
    const accepted = instances.filter((one) => association.accepts(one.sopClassUID, one.transferSyntaxUID));
    for (const instance of accepted) expect((await association.store(instance)).status).toBe(0);
    await association.release();
    const received = new Set(await Promise.all((await filesBelow(storescp.folder)).map(hashOfDataSet)));
    expect(accepted.length).toBeGreaterThan(70);
    expect(accepted.filter(({ sha256 }) => !received.has(sha256)).map(({ file }) => file)).toEqual([]);
  });
});

import {
  COMMAND,
  connect,
  requestCommitment,
  SOP_CLASS,
  startStorageScp,
  TRANSFER_SYNTAX,
  type CommitmentReport,
  type Peer,
} from '@viaduct/dicom/dimse';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { temporaryFolder, waitFor, type TemporaryFolder } from '../services/index.ts';
import { writeStudy, type WrittenStudy } from '../studies/index.ts';
import { startPacs, type Pacs } from './index.ts';

let folder: TemporaryFolder;
let study: WrittenStudy;
let pacs: Pacs;
beforeAll(async () => {
  folder = await temporaryFolder('viaduct-commitment-');
  study = await writeStudy(folder.path, { label: 'commitment', instances: 3 });
  pacs = await startPacs({ dir: folder.path, aeTitle: 'SOURCE' });
});
afterAll(async () => {
  await pacs.close();
  await folder[Symbol.asyncDispose]();
});

function peer(): Peer {
  const deadline = 10_000;
  return {
    host: '127.0.0.1',
    port: pacs.port,
    calledAETitle: 'SOURCE',
    callingAETitle: 'RX',
    connectTimeoutMs: deadline,
    associationTimeoutMs: deadline,
    responseTimeoutMs: deadline,
    idleTimeoutMs: deadline,
  };
}
const held = () => study.instances.map(({ sopClassUID, sopInstanceUID }) => ({ sopClassUID, sopInstanceUID }));
const MR = '1.2.840.10008.5.1.4.1.1.4';

test('storage commitment is reported on the same association, with what is not held and why', async () => {
  await pacs.setFaults({});
  const [first] = held();
  const absent = { sopClassUID: MR, sopInstanceUID: '1.2.3' };
  const other = { sopClassUID: MR, sopInstanceUID: first?.sopInstanceUID ?? '' };
  const { report, transactionUID } = await requestCommitment(peer(), [...held(), absent], { waitMs: 10_000 });
  expect(report).toEqual({ transactionUID, committed: held(), failed: [{ ...absent, reason: 0x0112 }] });
  const conflict = await requestCommitment(peer(), [other], { waitMs: 10_000 });
  expect(conflict.report?.failed).toEqual([{ ...other, reason: 0x0119 }]);
});

test('storage commitment is reported later, on an association of the PACS', async () => {
  const reports: CommitmentReport[] = [];
  const receiver = await startStorageScp({
    aeTitle: 'RX',
    host: '127.0.0.1',
    port: 0,
    authorize: () => 'accept',
    sink: { begin: () => ({ refuse: 0xa700 }), done: () => 0 },
    onCommitment: (report) => {
      reports.push(report);
      return 0;
    },
  });
  await pacs.setDestinations({ RX: { host: '127.0.0.1', port: receiver.port } });
  await pacs.setFaults({ commitment: 'later' });
  const { transactionUID, report } = await requestCommitment(peer(), held());
  expect(report).toBeUndefined();
  await waitFor(() => reports.length > 0);
  expect(reports).toEqual([{ transactionUID, committed: held(), failed: [] }]);
  await receiver.close();
});

test('a report may never come', async () => {
  await pacs.setFaults({ commitment: 'never' });
  const { report } = await requestCommitment(peer(), held(), { waitMs: 200 });
  expect(report).toBeUndefined();
});

test.for([
  ['another instance than the well-known one', { requestedSOPInstanceUID: '1.2.3', actionTypeID: 1 }, 0x0112],
  ['another action', { requestedSOPInstanceUID: '1.2.840.10008.1.20.1.1', actionTypeID: 2 }, 0x0123],
  ['an action without a data set', { requestedSOPInstanceUID: '1.2.840.10008.1.20.1.1', actionTypeID: 1 }, 0x0110],
] as const)('an N-ACTION for %s is answered', async ([, action, status]) => {
  await pacs.setFaults({});
  const transferSyntaxes = [TRANSFER_SYNTAX.explicitLittleEndian];
  const association = await connect(peer(), [{ abstractSyntax: SOP_CLASS.storageCommitment, transferSyntaxes }]);
  const command = {
    commandField: COMMAND.actionRequest,
    messageID: 1,
    requestedSOPClassUID: SOP_CLASS.storageCommitment,
  };
  await association.send(1, { ...command, ...action });
  expect((await association.next())?.command).toMatchObject({ status, commandField: 0x8130 });
  await association.release();
});

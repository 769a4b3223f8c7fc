import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readFileMeta } from '../../part10/index.ts';
import { testFile } from '../../testFiles.ts';
import { freePort, peerAt, startOrthanc, until } from '../peers/peers.ts';
import { openStoreAssociation } from '../store/scu.ts';
import { startStorageScp } from '../store/scp.ts';
import type { StorageScp } from '../store/scp.ts';
import { SOP_CLASS } from '../uids.ts';
import { listen } from '../association/listen.ts';
import { COMMAND } from '../command.ts';
import { encodeDataSet, decodeDataSet } from '../../part10/index.ts';
import { tagOf } from '../../dictionary/index.ts';
import { requestCommitment } from './request.ts';
import type { CommitmentReport } from './report.ts';

const CT = testFile('ct/CT_small.dcm');

describe('with Orthanc, which reports on an association of its own', () => {
  const reports: CommitmentReport[] = [];
  let receiver: StorageScp;
  let orthanc: Awaited<ReturnType<typeof startOrthanc>>;

  beforeAll(async () => {
    const port = await freePort();
    receiver = await startStorageScp({
      aeTitle: 'VIADUCT',
      host: '127.0.0.1',
      port,
      authorize: () => 'accept',
      sink: { begin: () => ({ refuse: 0xa700 }), done: () => 0 },
      onCommitment: (report) => {
        reports.push(report);
        return 0;
      },
    });
    orthanc = await startOrthanc({ viaduct: ['VIADUCT', '127.0.0.1', port] });
  });
  afterAll(async () => {
    await orthanc[Symbol.asyncDispose]();
    await receiver.close();
  });

  it('commits what it holds and says what it does not', async () => {
    const { meta, dataSetOffset } = await readFileMeta(CT);
    const peer = peerAt(orthanc.port, 'ORTHANC');
    const { sopClassUID, sopInstanceUID, transferSyntaxUID } = meta;
    const association = await openStoreAssociation(peer, [
      { abstractSyntax: sopClassUID, transferSyntaxes: [transferSyntaxUID] },
    ]);
    const dataSet = [readFileSync(CT).subarray(dataSetOffset)];
    expect((await association.store({ ...meta, dataSet })).status).toBe(0);
    await association.release();
    const missing = { sopClassUID, sopInstanceUID: '1.2.3.4' };
    const { transactionUID, report } = await requestCommitment(peer, [{ sopClassUID, sopInstanceUID }, missing]);
    expect(report).toBeUndefined();
    await until(() => reports.length > 0);
    expect(reports).toEqual([
      {
        transactionUID,
        committed: [{ sopClassUID, sopInstanceUID }],
        failed: [{ ...missing, reason: 0x0112 }],
      },
    ]);
  });
});

describe('with a peer that reports at once', () => {
  it('takes the report on the same association, and refuses one of another transaction', async () => {
    const answers: number[] = [];
    const implicit = '1.2.840.10008.1.2';
    const listener = await listen({
      host: '127.0.0.1',
      port: 0,
      authorize: () => 'accept',
      negotiate: () => implicit,
      serve: async (association) => {
        const request = await association.next();
        const action = decodeDataSet((await request?.dataSet?.bytes()) ?? Buffer.alloc(0), implicit);
        await association.send(1, { commandField: 0x8130, messageIDBeingRespondedTo: 1, status: 0 });
        const other = new Map(action).set(tagOf('TransactionUID'), {
          tag: tagOf('TransactionUID'),
          vr: 'UI',
          value: Buffer.from('9.9\0'),
        });
        for (const [index, dataSet] of [other, action].entries()) {
          const command = {
            commandField: COMMAND.eventReportRequest,
            messageID: index + 1,
            affectedSOPClassUID: SOP_CLASS.storageCommitment,
            affectedSOPInstanceUID: '1.2.840.10008.1.20.1.1',
            eventTypeID: 1,
          };
          await association.send(1, command, [encodeDataSet(dataSet.values(), implicit)]);
          answers.push((await association.next())?.command.status ?? -1);
        }
        await association.next();
      },
    });
    const instances = [{ sopClassUID: '1.2', sopInstanceUID: '1.3' }];
    const { report } = await requestCommitment(peerAt(listener.port), instances, { waitMs: 10_000 });
    expect(report).toMatchObject({ committed: instances, failed: [] });
    expect(answers).toEqual([0x0110, 0]);
    await listener.close();
  });
});

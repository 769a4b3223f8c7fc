import { tagOf } from '@viaduct/dicom/dictionary';
import {
  COMMAND,
  connect,
  SOP_CLASS,
  STATUS,
  TRANSFER_SYNTAX,
  type Association,
  type Command,
  type Message,
} from '@viaduct/dicom/dimse';
import {
  dataSetOf,
  decodeDataSet,
  encodeDataSet,
  Part10Error,
  sequenceElement,
  textElement,
  textOf,
  uint16Element,
  type DataSet,
} from '@viaduct/dicom/part10';
import type { Archive } from './archive.ts';
import type { Service } from './service.ts';

/** The one instance of the Storage Commitment Push Model (PS3.4 §J.3.5). */
const WELL_KNOWN_INSTANCE = '1.2.840.10008.1.20.1.1';
const REQUEST_COMMITMENT = 1;
/** Failure Reasons (0008,1197), PS3.3 §C.14.1.1. */
const NO_SUCH_INSTANCE = 0x0112;
const CLASS_INSTANCE_CONFLICT = 0x0119;
const NO_SUCH_ACTION = 0x0123;
/** Bytes of some 100,000 references. */
const MAX_REQUEST_LENGTH = 16 * 1024 * 1024;
const DEADLINE_MS = 30_000;

const TAG = {
  transaction: tagOf('TransactionUID'),
  references: tagOf('ReferencedSOPSequence'),
  failures: tagOf('FailedSOPSequence'),
  sopClass: tagOf('ReferencedSOPClassUID'),
  sopInstance: tagOf('ReferencedSOPInstanceUID'),
  reason: tagOf('FailureReason'),
} as const;

/** A report: its Event Type ID (PS3.4 §J.3.3) and its information. */
interface Report {
  readonly eventTypeID: 1 | 2;
  readonly encode: (transferSyntaxUID: string) => Buffer;
}

function decoded(bytes: Buffer, transferSyntaxUID: string): DataSet {
  try {
    return decodeDataSet(bytes, transferSyntaxUID);
  } catch (error) {
    if (error instanceof Part10Error) return dataSetOf();
    throw error;
  }
}

/** What the archive answers for, of the instances that a request names; undefined for a request without a transaction. */
function reportOn(archive: Archive, request: DataSet): Report | undefined {
  const transaction = textOf(request, TAG.transaction);
  if (transaction.length === 0) return undefined;
  const committed: DataSet[] = [];
  const failed: DataSet[] = [];
  for (const item of request.get(TAG.references)?.items ?? []) {
    const [sopClassUID = '', sopInstanceUID = ''] = [TAG.sopClass, TAG.sopInstance].map((tag) => textOf(item, tag)[0]);
    const reference = [textElement(TAG.sopClass, sopClassUID), textElement(TAG.sopInstance, sopInstanceUID)];
    const held = archive.instance(sopInstanceUID);
    if (held?.sopClassUID === sopClassUID) committed.push(dataSetOf(...reference));
    else
      failed.push(
        dataSetOf(...reference, uint16Element(TAG.reason, held ? CLASS_INSTANCE_CONFLICT : NO_SUCH_INSTANCE)),
      );
  }
  const elements = [
    textElement(TAG.transaction, transaction),
    ...(failed.length > 0 ? [sequenceElement(TAG.failures, failed)] : []),
    ...(committed.length > 0 ? [sequenceElement(TAG.references, committed)] : []),
  ];
  return { eventTypeID: failed.length > 0 ? 2 : 1, encode: (syntax) => encodeDataSet(elements, syntax) };
}

/** An N-EVENT-REPORT-RQ (PS3.7 §10.1.1). */
const eventReport = (messageID: number, { eventTypeID }: Report): Command => ({
  commandField: COMMAND.eventReportRequest,
  messageID,
  affectedSOPClassUID: SOP_CLASS.storageCommitment,
  affectedSOPInstanceUID: WELL_KNOWN_INSTANCE,
  eventTypeID,
});

/**
 * Answers a request for storage commitment (N-ACTION, PS3.4 §J.3.2) and reports: on the same association, or as the script has it.
 * @throws DimseError when the association breaks
 */
export async function commit(service: Service, association: Association, message: Message): Promise<void> {
  const { command, contextId } = message;
  const { script, recorder, archive } = service.site;
  const bytes = (await message.dataSet?.bytes(MAX_REQUEST_LENGTH)) ?? Buffer.alloc(0);
  const answer = (status: number) =>
    service.answer(contextId, command, status, {
      affectedSOPClassUID: SOP_CLASS.storageCommitment,
      affectedSOPInstanceUID: WELL_KNOWN_INSTANCE,
      actionTypeID: command.actionTypeID,
    });
  if (command.requestedSOPInstanceUID !== WELL_KNOWN_INSTANCE) return void (await answer(NO_SUCH_INSTANCE));
  if (command.actionTypeID !== REQUEST_COMMITMENT) return void (await answer(NO_SUCH_ACTION));
  const report = reportOn(archive, decoded(bytes, service.transferSyntaxOf(contextId)));
  if (report === undefined) return void (await answer(STATUS.processingFailure));
  recorder.event(service.id, 'request', 'commitment');
  await answer(STATUS.success);
  if (script.faults.commitment === 'never') recorder.event(service.id, 'fault', 'no report');
  else if (script.faults.commitment === 'later') void reportLater(service, report);
  else await service.send(contextId, eventReport(association.nextMessageID(), report), report.encode);
}

/** Reports on an association of its own, in the role of the SCP. Nobody waits for it: what goes wrong is only recorded. */
async function reportLater(service: Service, report: Report): Promise<void> {
  const { destinations, aeTitle, recorder, closing } = service.site;
  const destination = destinations[service.callingAETitle];
  const deadlines = {
    connectTimeoutMs: DEADLINE_MS,
    associationTimeoutMs: DEADLINE_MS,
    responseTimeoutMs: DEADLINE_MS,
    idleTimeoutMs: DEADLINE_MS,
  };
  try {
    if (destination === undefined) throw new Error('nobody of this AE title is known');
    const peer = { ...destination, ...deadlines, calledAETitle: service.callingAETitle, callingAETitle: aeTitle };
    const transferSyntax = TRANSFER_SYNTAX.explicitLittleEndian;
    const proposal = { abstractSyntax: SOP_CLASS.storageCommitment, transferSyntaxes: [transferSyntax], scpRole: true };
    const association = await connect(peer, [proposal], { signal: closing });
    const [context] = association.contexts.values();
    if (context === undefined) throw new Error('no storage commitment there');
    await association.send(context.id, eventReport(association.nextMessageID(), report), [
      report.encode(transferSyntax),
    ]);
    const status = (await association.next())?.command.status;
    recorder.event(service.id, 'finished', 'commitment', status);
    await association.release();
  } catch {
    recorder.event(service.id, 'broken', 'commitment');
  }
}

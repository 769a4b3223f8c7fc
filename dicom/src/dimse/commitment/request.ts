import type { Association } from '../association/association.ts';
import type { Message } from '../association/incoming.ts';
import { COMMAND } from '../command.ts';
import { Operation, refuse } from '../operation.ts';
import { STATUS, statusError } from '../status.ts';
import type { Peer } from '../types.ts';
import { SOP_CLASS, UNCOMPRESSED } from '../uids.ts';
import { decodeEventInformation, encodeActionInformation, newTransactionUID } from './report.ts';
import type { CommitmentReport, ReferencedInstance } from './report.ts';

/** The one instance of the Storage Commitment Push Model (PS3.4 §J.3.5). */
const WELL_KNOWN_INSTANCE = '1.2.840.10008.1.20.1.1';
/** Action Type ID of a request (PS3.4 §J.3.2). */
const REQUEST_COMMITMENT = 1;

/** How long, and as which transaction, commitment is asked for. */
export interface CommitmentOptions {
  readonly signal?: AbortSignal;
  /** How long the association is kept for a report on it, in ms; 0, the default: not at all. */
  readonly waitMs?: number;
  /** Names the transaction in its report; a new one if it is left out. */
  readonly transactionUID?: string;
}

/** What became of a request: taken under this name, and the report if it came at once. */
export interface CommitmentRequested {
  readonly transactionUID: string;
  /** Else it comes on an association of the peer: see `StorageScpOptions.onCommitment`. */
  readonly report?: CommitmentReport;
}

/**
 * Asks a peer to answer for instances that it was sent (Storage Commitment Push Model, PS3.4 §J).
 * @throws DimseError what `connect` throws, `context-not-accepted`, `status-failure`, `canceled`
 */
export async function requestCommitment(
  peer: Peer,
  instances: readonly ReferencedInstance[],
  { signal, waitMs = 0, transactionUID = newTransactionUID() }: CommitmentOptions = {},
): Promise<CommitmentRequested> {
  const proposal = { abstractSyntax: SOP_CLASS.storageCommitment, transferSyntaxes: UNCOMPRESSED };
  await using operation = await Operation.open(peer, [proposal], { signal });
  const { association, context } = operation;
  await operation.request(
    {
      commandField: COMMAND.actionRequest,
      requestedSOPClassUID: SOP_CLASS.storageCommitment,
      requestedSOPInstanceUID: WELL_KNOWN_INSTANCE,
      actionTypeID: REQUEST_COMMITMENT,
    },
    encodeActionInformation(transactionUID, instances, context.transferSyntax),
  );
  let report: CommitmentReport | undefined;
  const take = (found: CommitmentReport): number => {
    if (found.transactionUID !== transactionUID) return STATUS.processingFailure;
    report = found;
    return STATUS.success;
  };
  const { status } = await operation.response((_, message) => takeReport(association, message, take));
  const error = statusError(status);
  if (error !== undefined) throw error;
  const patience = waitMs > 0 ? AbortSignal.timeout(waitMs) : undefined;
  while (report === undefined && patience?.aborted === false) {
    const message = await association.next(waitMs).catch(() => undefined);
    if (message === undefined) break;
    await takeReport(association, message, take);
  }
  return { transactionUID, ...(report && { report }) };
}

/**
 * Reads an N-EVENT-REPORT-RQ (PS3.7 §10.1.1), hands the report on, and answers with the status that `take` gives; refuses any other
 * request.
 */
export async function takeReport(
  association: Association,
  message: Message,
  take: (report: CommitmentReport) => number | Promise<number>,
): Promise<void> {
  const { command, contextId, dataSet } = message;
  const context = association.contexts.get(contextId);
  const expected = context?.abstractSyntax === SOP_CLASS.storageCommitment && dataSet !== undefined;
  if (command.commandField !== COMMAND.eventReportRequest || !expected) return refuse(association, message);
  const report = decodeEventInformation(await dataSet.bytes(MAX_REPORT_LENGTH), context.transferSyntax);
  await association.send(contextId, {
    commandField: COMMAND.eventReportResponse,
    messageIDBeingRespondedTo: command.messageID,
    affectedSOPClassUID: command.affectedSOPClassUID,
    affectedSOPInstanceUID: command.affectedSOPInstanceUID,
    eventTypeID: command.eventTypeID,
    status: await take(report),
  });
}

/** Bytes of some 100,000 references. */
const MAX_REPORT_LENGTH = 16 * 1024 * 1024;

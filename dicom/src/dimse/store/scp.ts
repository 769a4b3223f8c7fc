import type { Association } from '../association/association.ts';
import type { Message } from '../association/incoming.ts';
import { listen } from '../association/listen.ts';
import type { ListenLimits } from '../association/listen.ts';
import type { AssociationCall } from '../association/negotiation.ts';
import { takeReport } from '../commitment/request.ts';
import type { CommitmentReport } from '../commitment/report.ts';
import { COMMAND } from '../command.ts';
import { DimseError } from '../errors.ts';
import { REJECTION } from '../pdu/types.ts';
import type { ProposedContext, Rejection } from '../pdu/types.ts';
import { STATUS } from '../status.ts';
import type { InstanceSink, Throttle, TlsServer } from '../types.ts';
import { isStandardTransferSyntax, isStorageClass, SOP_CLASS, UNCOMPRESSED } from '../uids.ts';
import { startReceiving } from './receive.ts';

/** A receiver of instances. */
export interface StorageScpOptions {
  /** Other called AE titles are rejected; without it any will do. */
  readonly aeTitle?: string;
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  /** The allow-list: who may associate. Asked after the called AE title was found right. */
  authorize(call: AssociationCall): 'accept' | Rejection | Promise<'accept' | Rejection>;
  readonly sink: InstanceSink;
  /**
   * Takes a report on storage commitment, which may come long after it was asked for (PS3.4 §J.3.3), and gives the status to answer.
   * Without it storage commitment is not accepted.
   */
  readonly onCommitment?: (report: CommitmentReport, association: Association) => number | Promise<number>;
  /** Holds the bytes of a peer to a speed. */
  readonly throttleOf?: (call: AssociationCall) => Throttle | undefined;
  /** Hears that an association stands; what it answers is disposed of when that has ended. */
  readonly onServed?: (call: AssociationCall) => Disposable;
  /** Speaks TLS only, when given. */
  readonly tls?: TlsServer;
  readonly limits?: Partial<ListenLimits>;
  /** An association that was refused or broke; for counting, never for attribute values. */
  readonly onError?: (error: unknown, call?: AssociationCall) => void;
}

/** Instances that a peer may send before the first is answered, if it asks for that. */
const MAX_OPERATIONS = 16;

/** A running receiver. */
export interface StorageScp {
  readonly port: number;
  /** Aborts what is open and settles when everything is closed. */
  close(): Promise<void>;
}

/**
 * Starts a storage SCP (PS3.4 §B, §A for C-ECHO): takes every storage class of the standard in every transfer syntax and hands the
 * bytes on as they came. Answers a C-STORE only when the file is durable and the sink has said so.
 * Fails with the system's error when the port cannot be taken.
 */
export async function startStorageScp(options: StorageScpOptions): Promise<StorageScp> {
  return listen({
    host: options.host,
    port: options.port,
    limits: options.limits,
    authorize: (call) =>
      [undefined, call.calledAETitle].includes(options.aeTitle) ? options.authorize(call) : REJECTION.calledAETitle,
    negotiate: (context) => negotiateStorage(context, options),
    maxOperations: MAX_OPERATIONS,
    tls: options.tls,
    serve: async (association, call) => {
      association.throttle(options.throttleOf?.(call));
      const served = options.onServed?.(call);
      try {
        await serve(association, options);
      } finally {
        served?.[Symbol.dispose]();
      }
    },
    onError: options.onError,
  });
}

/** The first transfer syntax of the standard, which is the one the peer likes best. */
function negotiateStorage(
  { abstractSyntax, transferSyntaxes }: ProposedContext,
  { onCommitment }: StorageScpOptions,
): string | 3 | 4 {
  const isCommitment = abstractSyntax === SOP_CLASS.storageCommitment && onCommitment !== undefined;
  if (isCommitment || abstractSyntax === SOP_CLASS.verification) {
    return transferSyntaxes.find((uid) => UNCOMPRESSED.includes(uid)) ?? 4;
  }
  if (!isStorageClass(abstractSyntax)) return 3;
  return transferSyntaxes.find(isStandardTransferSyntax) ?? 4;
}

async function serve(association: Association, { sink, onCommitment }: StorageScpOptions): Promise<void> {
  const unanswered = new Set<Promise<unknown>>();
  for await (const message of association.receive()) {
    const { commandField } = message.command;
    if (commandField !== COMMAND.storeRequest) {
      if (commandField === COMMAND.eventReportRequest && onCommitment) {
        await takeReport(association, message, (report) => onCommitment(report, association));
      } else await answer(association, message);
      continue;
    }
    const { answered } = await startReceiving(association, message, sink);
    const settled = answered.finally(() => unanswered.delete(settled));
    settled.catch((error: unknown) => association.abort(error instanceof DimseError ? error : undefined));
    unanswered.add(settled);
    if (unanswered.size >= association.window) await Promise.race(unanswered);
  }
  await Promise.all(unanswered);
}

async function answer(association: Association, message: Message): Promise<void> {
  const { commandField, messageID, affectedSOPClassUID } = message.command;
  if (commandField === COMMAND.cancelRequest) return;
  await association.send(message.contextId, {
    commandField: commandField | 0x8000,
    messageIDBeingRespondedTo: messageID,
    affectedSOPClassUID,
    status: commandField === COMMAND.echoRequest ? STATUS.success : STATUS.unrecognizedOperation,
  });
}

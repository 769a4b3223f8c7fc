import type { Association } from '../association/association.ts';
import type { Message } from '../association/incoming.ts';
import { listen } from '../association/listen.ts';
import type { ListenLimits } from '../association/listen.ts';
import type { AssociationCall } from '../association/negotiation.ts';
import { COMMAND } from '../command.ts';
import { REJECTION } from '../pdu/types.ts';
import type { ProposedContext, Rejection } from '../pdu/types.ts';
import { STATUS } from '../status.ts';
import type { InstanceSink } from '../types.ts';
import { isStandardTransferSyntax, isStorageClass, SOP_CLASS } from '../uids.ts';
import { receiveInstance } from './receive.ts';

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
  readonly limits?: Partial<ListenLimits>;
  /** An association that was refused or broke; for counting, never for attribute values. */
  readonly onError?: (error: unknown, call?: AssociationCall) => void;
}

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
    negotiate: negotiateStorage,
    serve: async (association) => {
      for await (const message of association.receive()) await answer(association, message, options.sink);
    },
    onError: options.onError,
  });
}

/** The first transfer syntax of the standard, which is the one the peer likes best. */
function negotiateStorage({ abstractSyntax, transferSyntaxes }: ProposedContext): string | 3 | 4 {
  if (abstractSyntax !== SOP_CLASS.verification && !isStorageClass(abstractSyntax)) return 3;
  return transferSyntaxes.find(isStandardTransferSyntax) ?? 4;
}

async function answer(association: Association, message: Message, sink: InstanceSink): Promise<void> {
  const { commandField, messageID, affectedSOPClassUID } = message.command;
  if (commandField === COMMAND.storeRequest) {
    await receiveInstance(association, message, sink);
    return;
  }
  if (commandField === COMMAND.cancelRequest) return;
  await association.send(message.contextId, {
    commandField: commandField | 0x8000,
    messageIDBeingRespondedTo: messageID,
    affectedSOPClassUID,
    status: commandField === COMMAND.echoRequest ? STATUS.success : STATUS.unrecognizedOperation,
  });
}

import { COMMAND } from '../command.ts';
import { connect } from '../association/connect.ts';
import type { Association } from '../association/association.ts';
import { DimseError } from '../errors.ts';
import { isDeflated } from '../../part10/index.ts';
import type { DataSetPiece, OutgoingInstance, Peer, PresentationContextProposal } from '../types.ts';

/** What the peer answered to a C-STORE (PS3.7 §9.1.1.1); `classify` says what the status means. */
export interface StoreResponse {
  readonly status: number;
  /** Error Comment (0000,0902). May hold patient data: not for logs. */
  readonly comment?: string;
}

/** An association over which instances are sent, one after the other. */
export interface StoreAssociation {
  /** True when the peer takes instances of this class in this transfer syntax. */
  accepts(sopClassUID: string, transferSyntaxUID: string): boolean;
  /**
   * Sends one instance as its bytes are and gives the peer's answer, whatever it is.
   * @param options.signal - a C-STORE cannot be canceled: the association is aborted.
   * @throws DimseError `context-not-accepted` and `instance-broken` (the association lives on), or the failure of the association
   */
  store(instance: OutgoingInstance, options?: { signal?: AbortSignal }): Promise<StoreResponse>;
  /** Ends the association in order. Does nothing when it is ended or broken. */
  release(): Promise<void>;
  /** Breaks the association off at once. */
  abort(): void;
}

/** Establishes an association for C-STORE (PS3.4 §B). Errors: see `connect`. @param options.signal - for its whole life. */
export async function openStoreAssociation(
  peer: Peer,
  proposals: readonly PresentationContextProposal[],
  options: { signal?: AbortSignal } = {},
): Promise<StoreAssociation> {
  const association = await connect(peer, proposals, options);
  let turn: Promise<unknown> = Promise.resolve();
  return {
    accepts: (sopClassUID, transferSyntaxUID) => association.findContext(sopClassUID, transferSyntaxUID) !== undefined,
    store(instance, { signal } = {}) {
      const stored = turn.then(() => storeOne(association, instance, signal));
      turn = stored.catch(() => undefined);
      return stored;
    },
    release: () => association.release(),
    abort: () => association.abort(),
  };
}

async function storeOne(
  association: Association,
  instance: OutgoingInstance,
  signal: AbortSignal | undefined,
): Promise<StoreResponse> {
  if (association.failure !== undefined) throw association.failure;
  const context = association.findContext(instance.sopClassUID, instance.transferSyntaxUID);
  if (context === undefined) throw new DimseError('context-not-accepted');
  const onAbort = () => association.abort();
  signal?.addEventListener('abort', onAbort, { once: true });
  try {
    if (signal?.aborted) throw new DimseError('canceled');
    return await exchange(association, context.id, instance);
  } finally {
    signal?.removeEventListener('abort', onAbort);
  }
}

async function exchange(
  association: Association,
  contextId: number,
  instance: OutgoingInstance,
): Promise<StoreResponse> {
  const messageID = association.nextMessageID();
  const command = {
    commandField: COMMAND.storeRequest,
    messageID,
    priority: 0,
    affectedSOPClassUID: instance.sopClassUID,
    affectedSOPInstanceUID: instance.sopInstanceUID,
    moveOriginatorAETitle: instance.moveOriginator?.aeTitle,
    moveOriginatorMessageID: instance.moveOriginator?.messageID,
  };
  await association.send(contextId, command, evenLength(instance));
  const message = await association.next();
  if (message === undefined) throw new DimseError('closed-without-response');
  const { commandField, messageIDBeingRespondedTo, status, errorComment } = message.command;
  if (commandField !== COMMAND.storeResponse || messageIDBeingRespondedTo !== messageID || status === undefined) {
    association.abort(new DimseError('protocol-violation', { what: 'store-response' }), { source: 0, reason: 0 });
    throw association.failure ?? new DimseError('protocol-violation', { what: 'store-response' });
  }
  return errorComment === undefined ? { status } : { status, comment: errorComment };
}

/**
 * Fragments must have even lengths (PS3.8 §E.2), and peers abort over odd ones. A deflated data set is padded, as PS3.5 §A.5 asks;
 * any other of odd length is malformed.
 */
function evenLength({ dataSet, transferSyntaxUID }: OutgoingInstance): readonly DataSetPiece[] {
  const length = dataSet.reduce((sum, piece) => sum + ('path' in piece ? piece.end - piece.start : piece.length), 0);
  if (length % 2 === 0) return dataSet;
  if (!isDeflated(transferSyntaxUID)) throw new DimseError('instance-broken', { code: 'odd-length' });
  return [...dataSet, Buffer.alloc(1)];
}

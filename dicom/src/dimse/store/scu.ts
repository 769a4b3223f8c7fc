import { COMMAND } from '../command.ts';
import { connect } from '../association/connect.ts';
import type { Association } from '../association/association.ts';
import type { Message } from '../association/incoming.ts';
import { DimseError } from '../errors.ts';
import { isDeflated } from '../../part10/index.ts';
import type { DataSetPiece, OutgoingInstance, Peer, PresentationContextProposal } from '../types.ts';

/** What the peer answered to a C-STORE (PS3.7 §9.1.1.1); `classify` says what the status means. */
export interface StoreResponse {
  readonly status: number;
  /** Error Comment (0000,0902). May hold patient data: not for logs. */
  readonly comment?: string;
}

/** An association over which instances are sent. */
export interface StoreAssociation {
  /** Instances that may be sent before the first is answered: 1 unless the peer granted more (PS3.7 §D.3.3.3). */
  readonly window: number;
  /** True when the peer takes instances of this class in this transfer syntax. */
  accepts(sopClassUID: string, transferSyntaxUID: string): boolean;
  /**
   * Sends one instance as its bytes are and gives the peer's answer, whatever it is. Calls beyond the window wait for their turn.
   * @param options.signal - a C-STORE cannot be canceled: the association is aborted.
   * @throws DimseError `context-not-accepted` and `instance-broken` (the association lives on), or the failure of the association
   */
  store(instance: OutgoingInstance, options?: { signal?: AbortSignal }): Promise<StoreResponse>;
  /** Ends the association in order. Does nothing when it is ended or broken. */
  release(): Promise<void>;
  /** Breaks the association off at once. */
  abort(): void;
}

/** Instances that we would like to send before the first is answered. */
const WINDOW = 8;

/** Establishes an association for C-STORE (PS3.4 §B). Errors: see `connect`. @param options.signal - for its whole life. */
export async function openStoreAssociation(
  peer: Peer,
  proposals: readonly PresentationContextProposal[],
  options: { signal?: AbortSignal } = {},
): Promise<StoreAssociation> {
  return new Sender(await connect(peer, proposals, { ...options, window: WINDOW }));
}

interface Waiter {
  readonly resolve: (response: StoreResponse) => void;
  readonly reject: (error: unknown) => void;
}

class Sender implements StoreAssociation {
  readonly #association: Association;
  #free: number;
  readonly #turns: (() => void)[] = [];
  readonly #unanswered = new Map<number, Waiter>();
  #reading = false;

  constructor(association: Association) {
    this.#association = association;
    this.#free = association.window;
  }

  get window(): number {
    return this.#association.window;
  }

  accepts(sopClassUID: string, transferSyntaxUID: string): boolean {
    return this.#association.findContext(sopClassUID, transferSyntaxUID) !== undefined;
  }

  async store(instance: OutgoingInstance, { signal }: { signal?: AbortSignal } = {}): Promise<StoreResponse> {
    if (this.#free > 0) this.#free -= 1;
    else await new Promise<void>((resolve) => this.#turns.push(resolve));
    const onAbort = () => this.#association.abort();
    signal?.addEventListener('abort', onAbort, { once: true });
    try {
      if (this.#association.failure !== undefined) throw this.#association.failure;
      if (signal?.aborted) throw new DimseError('canceled');
      return await this.#exchange(instance);
    } finally {
      signal?.removeEventListener('abort', onAbort);
      const next = this.#turns.shift();
      if (next === undefined) this.#free += 1;
      else next();
    }
  }

  release(): Promise<void> {
    return this.#association.release();
  }

  abort(): void {
    this.#association.abort();
  }

  async #exchange(instance: OutgoingInstance): Promise<StoreResponse> {
    const context = this.#association.findContext(instance.sopClassUID, instance.transferSyntaxUID);
    if (context === undefined) throw new DimseError('context-not-accepted');
    const messageID = this.#association.nextMessageID();
    const command = {
      commandField: COMMAND.storeRequest,
      messageID,
      priority: 0,
      affectedSOPClassUID: instance.sopClassUID,
      affectedSOPInstanceUID: instance.sopInstanceUID,
      moveOriginatorAETitle: instance.moveOriginator?.aeTitle,
      moveOriginatorMessageID: instance.moveOriginator?.messageID,
    };
    await this.#association.send(context.id, command, evenLength(instance));
    return new Promise((resolve, reject) => {
      this.#unanswered.set(messageID, { resolve, reject });
      void this.#readAnswers();
    });
  }

  /** Hands answers out until none is missing; they come in any order when several are outstanding. */
  async #readAnswers(): Promise<void> {
    if (this.#reading) return;
    this.#reading = true;
    try {
      while (this.#unanswered.size > 0) this.#take(await this.#association.next());
    } catch (error) {
      for (const { reject } of this.#unanswered.values()) reject(error);
      this.#unanswered.clear();
    } finally {
      this.#reading = false;
    }
  }

  #take(message: Message | undefined): void {
    if (message === undefined) throw new DimseError('closed-without-response');
    const { commandField, messageIDBeingRespondedTo = 0, status, errorComment } = message.command;
    const waiter = this.#unanswered.get(messageIDBeingRespondedTo);
    if (commandField !== COMMAND.storeResponse || waiter === undefined || status === undefined) {
      const error = new DimseError('protocol-violation', { what: 'store-response' });
      this.#association.abort(error, { source: 0, reason: 0 });
      throw error;
    }
    this.#unanswered.delete(messageIDBeingRespondedTo);
    waiter.resolve(errorComment === undefined ? { status } : { status, comment: errorComment });
  }
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

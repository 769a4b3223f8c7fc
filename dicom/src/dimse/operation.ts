import type { Association } from './association/association.ts';
import { connect } from './association/connect.ts';
import type { Message } from './association/incoming.ts';
import type { AcceptedContext } from './association/negotiation.ts';
import { COMMAND } from './command.ts';
import type { Command, ReceivedCommand } from './command.ts';
import { DimseError } from './errors.ts';
import { classify, STATUS } from './status.ts';
import type { Peer, PresentationContextProposal } from './types.ts';

/** How long a peer may take to end an operation after a C-CANCEL before the association is aborted, in ms. */
const CANCEL_GRACE_MS = 2_000;
const RESPONSE = 0x8000;

/** What an operation is opened with. */
export interface OperationOptions {
  /** Cancels the operation: while it is established by giving up, later by a C-CANCEL; whoever goes on for 2 s is aborted. */
  readonly signal?: AbortSignal;
  /** (0000,0110); 1 if it is left out. */
  readonly messageID?: number;
  readonly onConnected?: () => void;
}

/** A response to the operation; its data set must be read before the next one. */
export interface OperationResponse extends Pick<Message, 'dataSet'> {
  readonly status: number;
  readonly command: ReceivedCommand;
}

/** Answers a request that the peer makes while an operation is under way. */
export type Serve = (association: Association, message: Message) => Promise<unknown>;

/**
 * One operation of a service on an association of its own (PS3.7 §9.1, §10.1): its request, its responses, its end. Disposing of it
 * cancels what is under way and releases the association.
 */
export class Operation implements AsyncDisposable {
  readonly association: Association;
  readonly context: AcceptedContext;
  readonly #messageID: number;
  readonly #signal: AbortSignal | undefined;
  readonly #onAbort = () => this.#cancel();
  #command = 0;
  #canceled = false;
  #ended = true;

  private constructor(association: Association, context: AcceptedContext, options: OperationOptions) {
    this.association = association;
    this.context = context;
    this.#messageID = options.messageID ?? 1;
    this.#signal = options.signal;
    this.#signal?.addEventListener('abort', this.#onAbort, { once: true });
  }

  /**
   * Establishes the association.
   * @param proposals - the first is the one of the service.
   * @throws DimseError what `connect` throws, and `context-not-accepted`
   */
  static async open(
    peer: Peer,
    proposals: readonly [PresentationContextProposal, ...PresentationContextProposal[]],
    options: OperationOptions = {},
  ): Promise<Operation> {
    const establishing = new AbortController();
    const giveUp = () => establishing.abort();
    const { signal, onConnected } = options;
    if (signal?.aborted) throw new DimseError('canceled');
    signal?.addEventListener('abort', giveUp, { once: true });
    try {
      const association = await connect(peer, proposals, { signal: establishing.signal, onConnected });
      const context = association.findContext(proposals[0].abstractSyntax);
      if (context !== undefined) return new Operation(association, context, options);
      await association.release().catch(() => undefined);
      throw new DimseError('context-not-accepted');
    } finally {
      signal?.removeEventListener('abort', giveUp);
    }
  }

  /** Sends the request. The message ID is added. */
  async request(command: Omit<Command, 'messageID'>, dataSet?: Uint8Array): Promise<void> {
    this.#command = command.commandField;
    this.#ended = false;
    const numbered = { ...command, messageID: this.#messageID };
    await this.#unlessCanceled(this.association.send(this.context.id, numbered, dataSet && [dataSet]));
  }

  /**
   * The next response. Pending ones are passed over once the operation is canceled.
   * @param serve - for requests of the peer meanwhile, as the sub-operations of a C-GET; refused by default.
   * @throws DimseError `canceled`, `closed-without-response`, or the failure of the association
   */
  async response(serve: Serve = refuse): Promise<OperationResponse> {
    for (;;) {
      const message = await this.#unlessCanceled(this.association.next());
      if (message === undefined) throw new DimseError('closed-without-response');
      const { command, dataSet } = message;
      if ((command.commandField & RESPONSE) === 0) {
        await this.#unlessCanceled(serve(this.association, message));
        continue;
      }
      if (
        command.commandField !== (this.#command | RESPONSE) ||
        command.messageIDBeingRespondedTo !== this.#messageID
      ) {
        this.association.abort(new DimseError('protocol-violation', { what: 'response' }));
        continue;
      }
      const status = command.status ?? STATUS.processingFailure;
      this.#ended = classify(status) !== 'pending';
      if (this.#ended && this.#canceled) throw new DimseError('canceled');
      if (!this.#canceled) return { status, command, dataSet };
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#signal?.removeEventListener('abort', this.#onAbort);
    try {
      if (!this.#ended) this.#cancel();
      while (!this.#ended) await this.response();
      await this.association.release();
    } catch {
      // How the association of an operation ends does not matter any more.
    } finally {
      this.association.abort();
    }
  }

  async #unlessCanceled<T>(step: Promise<T>): Promise<T> {
    try {
      return await step;
    } catch (error) {
      throw this.#canceled ? new DimseError('canceled') : error;
    }
  }

  /** PS3.7 §9.3.2.3. An operation that cannot be canceled, as a C-ECHO, is broken off. */
  #cancel(): void {
    if (this.#canceled) return;
    this.#canceled = true;
    if (!CANCELABLE.has(this.#command)) return this.association.abort(new DimseError('canceled'));
    const timer = setTimeout(() => this.association.abort(new DimseError('canceled')), CANCEL_GRACE_MS);
    void this.association.closed.then(() => clearTimeout(timer));
    const cancel = { commandField: COMMAND.cancelRequest, messageIDBeingRespondedTo: this.#messageID };
    this.association.send(this.context.id, cancel).catch(() => undefined);
  }
}

const CANCELABLE: ReadonlySet<number> = new Set([COMMAND.findRequest, COMMAND.getRequest, COMMAND.moveRequest]);

/** Answers a request that nobody asked for with 0x0211. */
export async function refuse(association: Association, { contextId, command }: Message): Promise<void> {
  await association.send(contextId, {
    commandField: command.commandField | RESPONSE,
    messageIDBeingRespondedTo: command.messageID,
    affectedSOPClassUID: command.affectedSOPClassUID,
    status: STATUS.unrecognizedOperation,
  });
}

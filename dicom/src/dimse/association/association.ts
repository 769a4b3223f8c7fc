import type { Socket } from 'node:net';
import type { Command } from '../command.ts';
import { DimseError } from '../errors.ts';
import { violation } from '../pdu/decode.ts';
import type { PduLimits } from '../pdu/reader.ts';
import { ABORT_REASON } from '../pdu/types.ts';
import type { AssociateAccept, AssociateReject, AssociateRequest, Pdu, Rejection } from '../pdu/types.ts';
import type { DataSetPiece, Throttle } from '../types.ts';
import { PduConnection } from './connection.ts';
import { MessageInbox } from './inbox.ts';
import type { Message } from './incoming.ts';
import type { AcceptedContext, Agreement } from './negotiation.ts';
import { MessageWriter } from './outgoing.ts';

/** Deadlines of an association in ms. */
export interface AssociationDeadlines {
  /** For A-ASSOCIATE and A-RELEASE (ARTIM, PS3.8 §9.1.5). */
  readonly associationTimeoutMs: number;
  /** For the next message, and for the peer to take what we send. */
  readonly responseTimeoutMs: number;
  /** Without a byte in the middle of a data set. */
  readonly idleTimeoutMs: number;
}

const NOTHING_AGREED: Agreement = {
  callingAETitle: '',
  calledAETitle: '',
  contexts: new Map(),
  peerMaxLength: 0,
  window: 1,
  extended: new Map(),
};

type State = 'associating' | 'open' | 'releasing' | 'ended';
type AssociatePdu = AssociateRequest | AssociateAccept | AssociateReject;
interface Waiter<T> {
  readonly resolve: (value: T) => void;
  readonly reject: (error: DimseError) => void;
}

/**
 * An association at the level of DIMSE messages (PS3.7 §6, PS3.8 §7), of either role. Made by `connect` and `listen`.
 * Its methods fail with a `DimseError` once the association is broken; `failure` says why.
 */
export class Association {
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly #connection: PduConnection;
  readonly #deadlines: AssociationDeadlines;
  readonly #inbox: MessageInbox;
  #agreement: Agreement = NOTHING_AGREED;
  #state: State = 'associating';
  #writer: MessageWriter | undefined;
  #sending: Promise<unknown> = Promise.resolve();
  #messageID = 0;
  #associatePdu: AssociatePdu | undefined;
  #associateWaiter: Waiter<AssociatePdu> | undefined;
  #releaseWaiter: Waiter<void> | undefined;

  constructor(socket: Socket, deadlines: AssociationDeadlines, limits?: PduLimits) {
    this.remoteAddress = socket.remoteAddress ?? '';
    this.remotePort = socket.remotePort ?? 0;
    this.#deadlines = deadlines;
    this.#inbox = new MessageInbox({
      pause: (paused) => this.#connection.pause(paused),
      silent: (waitedMs) => this.#silent(waitedMs),
      idleTimeoutMs: deadlines.idleTimeoutMs,
    });
    const handler = {
      progress: () => this.#inbox.progress(),
      pdu: (pdu: Pdu) => this.#onPdu(pdu),
      fragment: (contextId: number, command: boolean, bytes: Buffer, last: boolean) => {
        if (!this.contexts.has(contextId)) throw violation('context-id');
        this.#inbox.fragment(contextId, command, bytes, last);
      },
      failed: (error: DimseError) => this.#onFailure(error),
    };
    this.#connection = new PduConnection(socket, handler, limits);
  }

  /** Presentation contexts both sides agreed on, by id. */
  get contexts(): ReadonlyMap<number, AcceptedContext> {
    return this.#agreement.contexts;
  }

  get callingAETitle(): string {
    return this.#agreement.callingAETitle;
  }

  get calledAETitle(): string {
    return this.#agreement.calledAETitle;
  }

  /** Holds its bytes, in both directions, to a speed from now on. */
  throttle(throttle: Throttle | undefined): void {
    this.#connection.throttle = throttle;
  }

  /** Operations the requestor may have outstanding (PS3.7 §D.3.3.3). */
  get window(): number {
    return this.#agreement.window;
  }

  /** What the acceptor said about a SOP class in extended negotiation (PS3.7 §D.3.3.5). */
  extendedInformation(sopClassUID: string): Buffer | undefined {
    return this.#agreement.extended.get(sopClassUID);
  }

  /** Why the association broke, once it has; undefined while it stands and after a release. */
  get failure(): DimseError | undefined {
    return this.#connection.failure;
  }

  /** Settles, never rejects, when the connection is gone for whatever reason. */
  get closed(): Promise<void> {
    return this.#connection.closed;
  }

  /** The next Message ID (0000,0110) of this association: 1 to 65535. */
  nextMessageID(): number {
    this.#messageID = (this.#messageID % 0xffff) + 1;
    return this.#messageID;
  }

  /** An accepted context of an abstract syntax, in a given transfer syntax if one is given. */
  findContext(abstractSyntax: string, transferSyntax?: string): AcceptedContext | undefined {
    return [...this.contexts.values()].find(
      (context) =>
        context.abstractSyntax === abstractSyntax &&
        (transferSyntax === undefined || context.transferSyntax === transferSyntax),
    );
  }

  /**
   * Sends a message; messages never interleave. Settles when the bytes are handed over (at most 1 MB is still queued here),
   * which is how a slow peer holds the sender back.
   * @throws DimseError the failure of the association; `instance-broken` if a file of the data set cannot be read (the association
   * lives on only if nothing was sent yet).
   */
  async send(contextId: number, command: Command, dataSet?: readonly DataSetPiece[]): Promise<void> {
    const turn = this.#sending.then(() => this.#send(contextId, command, dataSet));
    this.#sending = turn.catch(() => undefined);
    await turn;
  }

  /**
   * The next message of the peer; undefined after its release. What was not read of the former data set is thrown away.
   * One reader at a time.
   * @param timeoutMs - how long the peer may send nothing at all.
   * @throws DimseError `silent-peer`, or the failure of the association
   */
  next(timeoutMs = this.#deadlines.responseTimeoutMs): Promise<Message | undefined> {
    return this.#inbox.next(timeoutMs);
  }

  /** All messages until the peer releases the association; see `next`. */
  async *receive(timeoutMs?: number): AsyncGenerator<Message, void, undefined> {
    for (let message = await this.next(timeoutMs); message !== undefined; message = await this.next(timeoutMs)) {
      yield message;
    }
  }

  /**
   * Ends the association in order (PS3.8 §7.2), after what is being sent. Messages that still come are dropped. Does nothing when
   * the association is ended or broken.
   * @throws DimseError when the peer does not answer or breaks off instead
   */
  async release(): Promise<void> {
    await this.#sending;
    if (this.#state !== 'open' || this.failure !== undefined) return;
    this.#state = 'releasing';
    this.#inbox.drop();
    const timer = setTimeout(
      () => this.#silent(this.#deadlines.associationTimeoutMs),
      this.#deadlines.associationTimeoutMs,
    );
    try {
      await new Promise<void>((resolve, reject) => {
        this.#releaseWaiter = { resolve, reject };
        this.sendPdu({ kind: 'release-request' }).catch(reject);
      });
    } finally {
      clearTimeout(timer);
    }
  }

  /**
   * Breaks the association off with an A-ABORT (PS3.8 §7.3). Does nothing when it is ended or broken.
   * @param error - what waiting and later calls fail with.
   */
  abort(error: DimseError = new DimseError('canceled'), pdu = { source: 0, reason: 0 }): void {
    this.#inbox.drop();
    this.#connection.fail(error, pdu);
  }

  /** Closes the connection at once without a word, as a crashed peer does. */
  destroy(error: DimseError = new DimseError('canceled')): void {
    this.#inbox.drop();
    this.#connection.fail(error);
  }

  /** Sends one PDU as it is; for establishing an association. */
  async sendPdu(pdu: Pdu): Promise<void> {
    await this.#connection.writePdu(pdu, this.#deadlines.associationTimeoutMs);
  }

  /**
   * The first PDU of the peer: its request, or its answer to ours.
   * @param onArrival - called as it arrives; may `open` the association, so that what comes right behind it is read.
   * @throws DimseError `silent-peer` when it is not complete within `associationTimeoutMs`
   */
  async associatePdu(onArrival?: (pdu: AssociatePdu) => void): Promise<AssociatePdu> {
    this.#assertAlive();
    if (this.#associatePdu !== undefined) {
      onArrival?.(this.#associatePdu);
      return this.#associatePdu;
    }
    const timeoutMs = this.#deadlines.associationTimeoutMs;
    const timer = setTimeout(() => this.#silent(timeoutMs), timeoutMs);
    try {
      return await new Promise<AssociatePdu>((resolve, reject) => {
        const arrived = (pdu: AssociatePdu) => {
          onArrival?.(pdu);
          resolve(pdu);
        };
        this.#associateWaiter = { resolve: arrived, reject };
      });
    } finally {
      clearTimeout(timer);
    }
  }

  /** Opens the association with what was negotiated. */
  open(agreement: Agreement): void {
    this.#assertAlive();
    const { responseTimeoutMs } = this.#deadlines;
    this.#agreement = agreement;
    this.#writer = new MessageWriter(async (bytes) => {
      await this.#connection.write(bytes, responseTimeoutMs);
      // A peer that takes our bytes is alive, although it has not answered yet.
      this.#inbox.progress();
    }, agreement.peerMaxLength);
    this.#state = 'open';
    this.#connection.reader.dataAllowed = true;
    this.#connection.pause(false);
  }

  /** Refuses the association (PS3.8 §9.3.4) and closes. */
  reject(rejection: Rejection): void {
    this.#end({ kind: 'associate-reject', ...rejection });
  }

  async #send(contextId: number, command: Command, dataSet: readonly DataSetPiece[] | undefined): Promise<void> {
    this.#assertAlive();
    if (this.#writer === undefined || this.#state !== 'open') throw new DimseError('closed-without-response');
    if (dataSet === undefined) return this.#writer.sendCommand(contextId, command);
    const broken = () => this.abort(new DimseError('instance-broken'));
    await this.#writer.sendWithDataSet(contextId, command, dataSet, broken);
  }

  #onPdu(pdu: Pdu): void {
    switch (pdu.kind) {
      case 'associate-request':
      case 'associate-accept':
      case 'associate-reject':
        return this.#onAssociate(pdu);
      case 'release-request':
        return this.#onReleaseRequest();
      case 'release-reply':
        if (this.#state !== 'releasing') throw violation('release-reply', ABORT_REASON.unexpectedPdu);
        return this.#end();
      case 'abort':
        this.#connection.fail(new DimseError('aborted-by-peer', { source: pdu.source, reason: pdu.reason }));
    }
  }

  /** Reading stops until `open`: nothing may come before our answer. */
  #onAssociate(pdu: AssociatePdu): void {
    if (this.#state !== 'associating' || this.#associatePdu) throw violation('associate', ABORT_REASON.unexpectedPdu);
    this.#associatePdu = pdu;
    this.#connection.pause(true);
    this.#associateWaiter?.resolve(pdu);
  }

  #onReleaseRequest(): void {
    if (this.#state === 'associating' || this.#inbox.midMessage) throw violation('release', ABORT_REASON.unexpectedPdu);
    this.#end({ kind: 'release-reply' });
  }

  #end(last?: Pdu): void {
    this.#state = 'ended';
    this.#connection.finish(last);
    this.#releaseWaiter?.resolve();
    this.#inbox.end();
  }

  #onFailure(error: DimseError): void {
    this.#inbox.fail(error);
    this.#associateWaiter?.reject(error);
    this.#releaseWaiter?.reject(error);
  }

  #silent(waitedMs: number): void {
    this.#connection.fail(new DimseError('silent-peer', { waitedMs }), { source: 0, reason: 0 });
  }

  #assertAlive(): void {
    if (this.failure !== undefined) throw this.failure;
  }
}

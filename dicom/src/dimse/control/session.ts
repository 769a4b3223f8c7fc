import type { Socket } from 'node:net';
import dcmjsDimse from 'dcmjs-dimse';
import type { association as dcmjsAssociation, requests as dcmjsRequests, responses } from 'dcmjs-dimse';
import { socketError } from '../association/connection.ts';
import { rejectionError } from '../association/negotiation.ts';
import { DimseError } from '../errors.ts';
import { classify } from '../status.ts';
import type { Peer } from '../types.ts';
import { TRANSFER_SYNTAX } from '../uids.ts';

const { Client, Dataset, log } = dcmjsDimse;
/** The library's requests, for those who build them. */
export const { requests } = dcmjsDimse;
const { PresentationContextResult } = dcmjsDimse.constants;
/** The library prints associations, and values of private tags, to the console: patient data. */
log.setLevel('silent');

/** Longest data set of a response that is kept, in bytes. */
const MAX_ANSWER_LENGTH = 1024 * 1024;
/** The library's own timers only count from the last PDU; ours rule. The longest time a timer takes, in ms. */
const NEVER = 2 ** 31 - 1;
/** How long a peer may take to end a request after a C-CANCEL before the association is aborted, in ms. */
const CANCEL_GRACE_MS = 2_000;

/** Fixed: the members of the library's private `Network` that the adapter builds on. dcmjs-dimse is pinned at 0.3.3. */
interface Network {
  messageId: number;
  socket: Socket;
  dimseStream: unknown;
  dimse: responses.Response | undefined;
  pending: unknown[];
  on(event: 'abort', listener: (abort: { source: number; reason: number }) => void): void;
  _processPDataTf(pdu: { getPdvs(): Pdv[] }): Promise<void>;
  _performDimse(context: dcmjsAssociation.PresentationContext, command: responses.Response): void;
}
interface Pdv {
  getValue(): Buffer;
  isCommand(): boolean;
  isLastFragment(): boolean;
  getPresentationContextId(): number;
}

/** A response and the bytes of its data set, if it has one. */
export interface ControlResponse {
  readonly status: number;
  readonly command: Readonly<Record<string, unknown>>;
  readonly dataSet?: Buffer;
  readonly transferSyntaxUID: string;
}

/** One request over one association. */
export interface ControlRequest {
  readonly request: dcmjsRequests.Request;
  /** Encodes the identifier in the accepted transfer syntax. */
  readonly identifier?: (transferSyntaxUID: string) => Buffer;
  /** (0000,0110); 1 if it is left out. */
  readonly messageID?: number;
  readonly onConnected?: () => void;
  readonly onAssociated?: () => void;
  /** Called for each response as it comes, the final one included. */
  readonly onResponse: (response: ControlResponse) => void;
}

/** An identifier whose bytes are ours: the library's `Dataset` would lose and re-label text. */
class Identifier extends Dataset {
  readonly #syntax: () => string;
  readonly #encode: (transferSyntaxUID: string) => Buffer;

  constructor(syntax: () => string, encode: (transferSyntaxUID: string) => Buffer) {
    super({});
    this.#syntax = syntax;
    this.#encode = encode;
  }

  override getTransferSyntaxUid(): string {
    return this.#syntax();
  }

  override getDenaturalizedDataset(): Buffer {
    return this.#encode(this.#syntax());
  }
}

/**
 * Carries one request out with dcmjs-dimse: association, request, responses, release. What the library lacks is here: TCP_NODELAY,
 * deadlines, errors for every way to end without a final response, undisturbed bytes of data sets, no growing command history.
 */
export class ControlSession {
  /** Settles with the final status when the association is over; rejects with a `DimseError`. */
  readonly done: Promise<number>;
  readonly #peer: Peer;
  readonly #options: ControlRequest;
  readonly #client = new Client();
  readonly #network: Network;
  readonly #socket: Socket;
  #timer: NodeJS.Timeout | undefined;
  #dataParts: Buffer[] = [];
  #dataLength = 0;
  #finalStatus: number | undefined;
  #canceled = false;
  #association: dcmjsAssociation.Association | undefined;
  #settled = false;
  readonly #resolve: (status: number) => void;
  readonly #reject: (error: DimseError) => void;

  constructor(peer: Peer, options: ControlRequest) {
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    this.done = promise;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#peer = peer;
    this.#options = options;
    const { request, identifier } = options;
    if (identifier) request.setDataset(new Identifier(() => this.#transferSyntaxUID(), identifier));
    this.#client.addRequest(request);
    this.#listen();
    this.#client.send(peer.host, peer.port, peer.callingAETitle, peer.calledAETitle, {
      connectTimeout: NEVER,
      associationTimeout: NEVER,
      pduTimeout: NEVER,
    });
    this.#network = (this.#client as unknown as { network: Network }).network;
    this.#socket = this.#network.socket;
    this.#tameNetwork();
    this.#expect('connect-timeout', peer.connectTimeoutMs);
  }

  /** Stops taking answers from the socket for a while, or goes on. */
  pause(paused: boolean): void {
    if (paused) this.#socket.pause();
    else this.#socket.resume();
    if (paused) clearTimeout(this.#timer);
    else this.#expect('silent-peer', this.#peer.responseTimeoutMs);
  }

  /** Asks the peer to stop (C-CANCEL, PS3.7 §9.3.2.3) and aborts after 2 s; aborts at once before the request was sent. */
  cancel(): void {
    if (this.#settled || this.#canceled) return;
    this.#canceled = true;
    this.#socket.resume();
    if (this.#association === undefined || this.#finalStatus !== undefined)
      return this.#fail(new DimseError('canceled'));
    const { request } = this.#options;
    if (request instanceof requests.CFindRequest || request instanceof requests.CMoveRequest)
      this.#client.cancel(request);
    this.#expect('canceled', CANCEL_GRACE_MS);
  }

  #listen(): void {
    this.#client.on('connected', () => {
      this.#options.onConnected?.();
      this.#expect('silent-peer', this.#peer.associationTimeoutMs);
    });
    this.#client.on('associationAccepted', (association: dcmjsAssociation.Association) => {
      this.#association = association;
      this.#options.onAssociated?.();
      if (this.#acceptedContext() === undefined) return this.#fail(new DimseError('context-not-accepted'));
      this.#expect('silent-peer', this.#peer.responseTimeoutMs);
    });
    this.#client.on('associationRejected', (rejection: { result: number; source: number; reason: number }) =>
      this.#fail(rejectionError({ kind: 'associate-reject', ...rejection })),
    );
    this.#client.on('networkError', () => this.#fail(new DimseError('protocol-violation', { what: 'control' })));
    this.#client.on('associationReleased', () => this.#finish());
    this.#client.on('closed', () => this.#finish());
  }

  #tameNetwork(): void {
    this.#socket.setNoDelay(true);
    this.#socket.prependListener('error', (error) => this.#fail(socketError(error)));
    this.#network.on('abort', ({ source, reason }) =>
      this.#fail(new DimseError('aborted-by-peer', { source, reason })),
    );
    this.#network.messageId = (this.#options.messageID ?? 1) - 1;
    const processCommand = this.#network._processPDataTf.bind(this.#network);
    this.#network._processPDataTf = async (pdu) => {
      for (const pdv of pdu.getPdvs()) {
        if (pdv.isCommand()) this.#onCommand(pdv, processCommand);
        else this.#onData(pdv);
      }
    };
    this.#network._performDimse = (_context, command) => this.#onResponse(command, undefined);
  }

  /**
   * One PDV at a time, because the library drops what follows a command in the same PDU, and never forgets a command it read. For
   * commands it works synchronously; awaiting it would let the next PDU overtake.
   */
  #onCommand(pdv: Pdv, processCommand: Network['_processPDataTf']): void {
    void processCommand({ getPdvs: () => [pdv] });
    if (pdv.isLastFragment()) this.#network.dimseStream = undefined;
  }

  #onData(pdv: Pdv): void {
    const part = pdv.getValue();
    this.#dataParts.push(part);
    this.#dataLength += part.length;
    const command = this.#network.dimse;
    if (command === undefined || this.#dataLength > MAX_ANSWER_LENGTH) {
      return this.#fail(new DimseError('protocol-violation', { what: 'answer' }));
    }
    if (!pdv.isLastFragment()) return;
    const dataSet = Buffer.concat(this.#dataParts);
    this.#dataParts = [];
    this.#dataLength = 0;
    this.#network.dimse = undefined;
    this.#onResponse(command, dataSet);
  }

  #onResponse(response: responses.Response, dataSet: Buffer | undefined): void {
    if (this.#settled || this.#finalStatus !== undefined) return;
    const status = response.getStatus();
    const command = response.getCommandDataset().getElements();
    const transferSyntaxUID = this.#transferSyntaxUID();
    this.#options.onResponse({ status, command, transferSyntaxUID, ...(dataSet && { dataSet }) });
    if (this.#settled) return;
    if (classify(status) === 'pending') {
      if (!this.#canceled && !this.#socket.isPaused()) this.#expect('silent-peer', this.#peer.responseTimeoutMs);
      return;
    }
    this.#finalStatus = status;
    this.#network.pending = [];
    this.#socket.resume();
    this.#expect('silent-peer', this.#peer.associationTimeoutMs);
    this.#options.request.raiseDoneEvent();
  }

  /** Only one SOP class is proposed. Implicit VR little endian is what stands there before the peer has chosen. */
  #transferSyntaxUID(): string {
    return this.#acceptedContext()?.getAcceptedTransferSyntaxUid() ?? TRANSFER_SYNTAX.implicitLittleEndian;
  }

  #acceptedContext(): dcmjsAssociation.PresentationContext | undefined {
    const contexts = this.#association?.getPresentationContexts().map(({ context }) => context);
    return contexts?.find((context) => context.getResult() === PresentationContextResult.Accept);
  }

  #expect(reason: 'connect-timeout' | 'silent-peer' | 'canceled', timeoutMs: number): void {
    clearTimeout(this.#timer);
    if (this.#settled) return;
    this.#timer = setTimeout(() => {
      this.#fail(new DimseError(reason, reason === 'canceled' ? {} : { waitedMs: timeoutMs }));
    }, timeoutMs);
  }

  /** The association is over, one way or the other: a request without a final response has failed. */
  #finish(): void {
    if (this.#finalStatus === undefined) return this.#fail(new DimseError('closed-without-response'));
    this.#settle();
    this.#resolve(this.#finalStatus);
  }

  /** After the final response nothing can fail any more: how the association ends does not matter. */
  #fail(error: DimseError): void {
    if (this.#settled) return;
    if (this.#finalStatus !== undefined) return this.#finish();
    if (this.#association !== undefined && this.#socket.writable) this.#client.abort();
    this.#settle();
    this.#reject(error);
  }

  #settle(): void {
    this.#settled = true;
    clearTimeout(this.#timer);
    this.#socket.destroySoon();
    const linger = setTimeout(() => this.#socket.destroy(), CANCEL_GRACE_MS);
    this.#socket.once('close', () => clearTimeout(linger));
    if (this.#socket.destroyed) clearTimeout(linger);
  }
}

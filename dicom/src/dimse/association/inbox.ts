import { decodeCommand } from '../command.ts';
import { DimseError } from '../errors.ts';
import { violation } from '../pdu/decode.ts';
import { ABORT_REASON } from '../pdu/types.ts';
import { FRAGMENT_COST, IncomingDataSet } from './incoming.ts';
import type { Message } from './incoming.ts';

/** Queued bytes above which the peer is held back, and below which it may go on. */
const HIGH_WATER = 3 * 1024 * 1024;
const LOW_WATER = 1024 * 1024;
/** What a queued message costs beside its data set, in bytes. */
const MESSAGE_COST = 1024;
/** Most fragments of a command set; those without bytes count as well. */
const MAX_COMMAND_FRAGMENTS = 4 * 1024;
/** Longest command set, in bytes; real ones have some hundred. */
const MAX_COMMAND_LENGTH = 64 * 1024;

/** What an inbox needs of its association. */
export interface InboxHost {
  /** Holds the peer back or lets it go on. */
  pause(paused: boolean): void;
  /** The peer sent nothing for so long although somebody waited. */
  silent(waitedMs: number): void;
  /** How long a peer may pause in the middle of a data set, in ms. */
  readonly idleTimeoutMs: number;
}

interface Waiter {
  readonly resolve: (message: Message | undefined) => void;
  readonly reject: (error: DimseError) => void;
}

/** Puts fragments together to messages (PS3.7 §6.3, PS3.8 §E) and queues them, holding the peer back above 3 MB. */
export class MessageInbox {
  readonly #host: InboxHost;
  #messages: Message[] = [];
  #queued = 0;
  #paused = false;
  #commandParts: Buffer[] = [];
  #commandLength = 0;
  #incoming: { contextId: number; dataSet: IncomingDataSet } | undefined;
  #unread: IncomingDataSet | undefined;
  #waiter: Waiter | undefined;
  #patience: NodeJS.Timeout | undefined;
  #ended = false;
  #dropping = false;
  #failure: DimseError | undefined;

  constructor(host: InboxHost) {
    this.#host = host;
  }

  /** True while a message has begun and not ended. */
  get midMessage(): boolean {
    return this.#incoming !== undefined || this.#commandParts.length > 0;
  }

  /** Bytes came: puts the current deadline off. */
  progress(): void {
    this.#patience?.refresh();
  }

  /** @throws DimseError `protocol-violation` */
  fragment(contextId: number, command: boolean, bytes: Buffer, last: boolean): void {
    if (command) this.#onCommand(contextId, bytes, last);
    else this.#onData(contextId, bytes, last);
  }

  /** The next message, undefined at the end; see `Association.next`. */
  async next(timeoutMs: number): Promise<Message | undefined> {
    this.#unread?.discard();
    const queued = this.#messages.shift();
    if (queued !== undefined) {
      this.#consumed(MESSAGE_COST);
      this.#unread = queued.dataSet;
      return queued;
    }
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#ended) return undefined;
    if (this.#waiter !== undefined) throw new DimseError('protocol-violation', { what: 'two-readers' });
    const stop = this.waitForPeer(timeoutMs);
    try {
      const message = await new Promise<Message | undefined>((resolve, reject) => {
        this.#waiter = { resolve, reject };
      });
      this.#unread = message?.dataSet;
      return message;
    } finally {
      stop();
    }
  }

  /** Starts a deadline that every byte of the peer puts off; the returned function ends it. */
  waitForPeer(timeoutMs: number): () => void {
    const timer = setTimeout(() => this.#host.silent(timeoutMs), timeoutMs);
    this.#patience = timer;
    return () => clearTimeout(timer);
  }

  /** From now on everything that comes is thrown away. */
  drop(): void {
    this.#dropping = true;
    this.#messages = [];
    this.#unread?.discard();
    this.#incoming?.dataSet.discard();
  }

  /** No message will come any more. */
  end(): void {
    this.#ended = true;
    this.#take()?.resolve(undefined);
  }

  /** The association broke: what waits fails, what is queued can still be read. */
  fail(error: DimseError): void {
    this.#failure = error;
    this.#incoming?.dataSet.fail(error);
    this.#take()?.reject(error);
  }

  #onCommand(contextId: number, bytes: Buffer, last: boolean): void {
    if (this.#incoming) throw violation('command-in-data-set', ABORT_REASON.unexpectedParameter);
    this.#commandLength += bytes.length;
    this.#commandParts.push(Buffer.from(bytes));
    const isTooLong = this.#commandLength > MAX_COMMAND_LENGTH || this.#commandParts.length > MAX_COMMAND_FRAGMENTS;
    if (isTooLong) throw violation('command-length');
    if (!last) return;
    const command = decodeCommand(Buffer.concat(this.#commandParts));
    this.#commandParts = [];
    this.#commandLength = 0;
    if (!command.hasDataSet) return this.#deliver({ contextId, command });
    const dataSet = new IncomingDataSet({
      consumed: (count) => this.#consumed(count),
      waiting: () => this.waitForPeer(this.#host.idleTimeoutMs),
    });
    this.#incoming = { contextId, dataSet };
    this.#deliver({ contextId, command, dataSet });
  }

  #onData(contextId: number, bytes: Buffer, last: boolean): void {
    if (this.#incoming?.contextId !== contextId) throw violation('data-set', ABORT_REASON.unexpectedParameter);
    const { dataSet } = this.#incoming;
    if (last) this.#incoming = undefined;
    this.#hold(bytes.length + FRAGMENT_COST);
    dataSet.push(bytes, last);
  }

  #deliver(message: Message): void {
    if (this.#dropping) return message.dataSet?.discard();
    const waiter = this.#take();
    if (waiter !== undefined) return waiter.resolve(message);
    this.#hold(MESSAGE_COST);
    this.#messages.push(message);
  }

  #take(): Waiter | undefined {
    const waiter = this.#waiter;
    this.#waiter = undefined;
    return waiter;
  }

  #hold(bytes: number): void {
    this.#queued += bytes;
    if (this.#paused || this.#queued <= HIGH_WATER) return;
    this.#paused = true;
    this.#host.pause(true);
  }

  #consumed(bytes: number): void {
    this.#queued -= bytes;
    if (!this.#paused || this.#queued >= LOW_WATER) return;
    this.#paused = false;
    this.#host.pause(false);
  }
}

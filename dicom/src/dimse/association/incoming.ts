import { DimseError } from '../errors.ts';
import { release } from './release.ts';
import type { ReceivedCommand } from '../command.ts';

/** A DIMSE message as it arrives (PS3.7 §6.3): its command at once, its data set as a stream. */
export interface Message {
  readonly contextId: number;
  readonly command: ReceivedCommand;
  /** Present when the command says that a data set follows. What is not read is thrown away with the next `next()`. */
  readonly dataSet?: IncomingDataSet;
}

/** What a queued fragment costs beside its bytes: a peer may send them one by one. */
export const FRAGMENT_COST = 256;
/** Memory that a small data set is put together in at first, in bytes. */
const FIRST_LENGTH = 4 * 1024;

/** What a data set needs of its association. */
export interface DataSetHost {
  /** So many bytes are held no longer, the cost of their fragments included. */
  consumed(bytes: number): void;
  /** Somebody waits for more bytes of the peer, from now until the returned function is called. */
  waiting(): () => void;
}

/**
 * Takes the next bytes of a data set, which are valid only until it returns: the memory serves again. Whoever cannot go on promises when,
 * which holds the peer back. What it throws ends the reading.
 */
export type Take = (bytes: Buffer) => Promise<void> | undefined;

interface Reader {
  readonly take: Take;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
  /** Ends the deadline for the peer's next bytes. */
  stop: () => void;
}

/**
 * The bytes of a data set while they come in, without any change: handed on in place to whoever reads, copied and queued while nobody
 * does. One reader; not reading holds the peer back.
 */
export class IncomingDataSet {
  readonly #host: DataSetHost;
  #queue: Buffer[] = [];
  #ended = false;
  #discarding = false;
  #failure: DimseError | undefined;
  #reader: Reader | undefined;
  /** The reader cannot go on yet. */
  #busy = false;

  constructor(host: DataSetHost) {
    this.#host = host;
  }

  /** Takes bytes from the association, which are valid only during the call. */
  push(bytes: Buffer, last: boolean): void {
    this.#ended ||= last;
    const isDirect = this.#reader !== undefined && !this.#busy;
    if (bytes.length === 0 || this.#discarding || isDirect) {
      this.#host.consumed(bytes.length + FRAGMENT_COST);
      if (bytes.length > 0 && isDirect) this.#give(bytes);
    } else this.#queue.push(Buffer.from(bytes));
    this.#settle();
  }

  /** Ends the stream with an error, after what is queued. */
  fail(error: DimseError): void {
    if (this.#ended) return;
    this.#failure ??= error;
    this.#settle();
  }

  /**
   * Hands everything that comes to a reader, as it comes, and settles after the end.
   * @throws DimseError when the association broke before the end, or `silent-peer`; what the reader throws
   */
  pour(take: Take): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#reader = { take, resolve, reject, stop: this.#host.waiting() };
      this.#flow();
    });
  }

  /**
   * The whole data set in memory, for queries and answers.
   * @param limit - bytes above which it is a `protocol-violation`.
   */
  async bytes(limit = 1024 * 1024): Promise<Buffer> {
    let all = Buffer.alloc(FIRST_LENGTH);
    let length = 0;
    await this.pour((bytes) => {
      const end = length + bytes.length;
      if (end > limit) throw new DimseError('protocol-violation', { what: 'data-set-length' });
      if (end > all.length) all = Buffer.concat([all], Math.max(end, 2 * all.length));
      bytes.copy(all, length);
      length = end;
      return undefined;
    });
    return all.subarray(0, length);
  }

  /** Throws away everything and settles at the end of the data set. @throws DimseError as `pour` */
  async skip(): Promise<void> {
    await this.pour(() => undefined);
  }

  /** Throws away what is there and what will come, without waiting for it. */
  discard(): void {
    this.#discarding = true;
    for (const { length } of this.#queue.splice(0)) this.#host.consumed(length + FRAGMENT_COST);
  }

  /** Hands on what is queued, as far as the reader goes along. */
  #flow(): void {
    const queue = this.#queue;
    this.#queue = [];
    let given = 0;
    while (given < queue.length && this.#reader !== undefined && !this.#busy) {
      const bytes = queue[given++] as Buffer;
      this.#host.consumed(bytes.length + FRAGMENT_COST);
      this.#give(bytes);
      release(bytes);
    }
    if (given < queue.length) this.#queue = queue.slice(given);
    this.#settle();
  }

  #give(bytes: Buffer): void {
    const reader = this.#reader;
    if (reader === undefined) return;
    try {
      const going = reader.take(bytes);
      if (going !== undefined) void this.#wait(reader, going);
    } catch (error) {
      this.#end(error);
    }
  }

  async #wait(reader: Reader, going: Promise<void>): Promise<void> {
    this.#busy = true;
    reader.stop();
    try {
      await going;
      this.#busy = false;
      reader.stop = this.#host.waiting();
      this.#flow();
    } catch (error) {
      this.#busy = false;
      this.#end(error);
    }
  }

  /** Lets the reader go when nothing will come any more. */
  #settle(): void {
    if (this.#busy || this.#queue.length > 0) return;
    if (this.#failure !== undefined) this.#end(this.#failure);
    else if (this.#ended) this.#end();
  }

  #end(error?: unknown): void {
    const reader = this.#reader;
    this.#reader = undefined;
    if (reader === undefined) return;
    reader.stop();
    if (error === undefined) reader.resolve();
    else reader.reject(error);
  }
}

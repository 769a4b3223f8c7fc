import { DimseError } from '../errors.ts';
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
/** A queue that costs so much, in bytes, is handed on although it has fewer bytes than are waited for. */
const MOST_HELD = 2 * 1024 * 1024;
/** Bytes of a small data set that are put together at a time. */
const PIECE_LENGTH = 16 * 1024;

/** What a data set needs of its association. */
export interface DataSetHost {
  /** So many bytes are held no longer, the cost of their fragments included. */
  consumed(bytes: number): void;
  /** Somebody waits for more bytes of the peer, from now until the returned function is called. */
  waiting(): () => void;
}

interface Waiter {
  readonly atLeast: number;
  readonly resolve: (batch: Buffer[] | undefined) => void;
  readonly reject: (error: DimseError) => void;
}

/** The bytes of a data set while they come in, without any change. One reader; not reading holds the peer back. */
export class IncomingDataSet implements AsyncIterable<Buffer> {
  readonly #host: DataSetHost;
  #queue: Buffer[] = [];
  #queued = 0;
  /** What the queue costs. */
  #held = 0;
  #ended = false;
  #discarding = false;
  #failure: DimseError | undefined;
  #waiter: Waiter | undefined;

  constructor(host: DataSetHost) {
    this.#host = host;
  }

  /** Takes bytes from the association. */
  push(bytes: Buffer, last: boolean): void {
    this.#ended ||= last;
    const cost = bytes.length + FRAGMENT_COST;
    if (this.#discarding || bytes.length === 0) {
      this.#host.consumed(cost);
    } else {
      this.#queue.push(bytes);
      this.#queued += bytes.length;
      this.#held += cost;
    }
    this.#wake();
  }

  /** Ends the stream with an error, after what is queued. */
  fail(error: DimseError): void {
    if (this.#ended) return;
    this.#failure ??= error;
    this.#wake();
  }

  /**
   * The next buffers: everything that is there as soon as it is `atLeast` bytes (at most 1 MB), or very many fragments, or the end;
   * undefined after the end.
   * @throws DimseError when the association broke before the end, or `silent-peer`
   */
  async batch(atLeast = 1): Promise<Buffer[] | undefined> {
    if (this.#ready(atLeast)) return this.#take();
    const stop = this.#host.waiting();
    try {
      return await new Promise((resolve, reject) => {
        this.#waiter = { atLeast, resolve, reject };
      });
    } finally {
      stop();
    }
  }

  /**
   * The whole data set in memory, for queries and answers.
   * @param limit - bytes above which it is a `protocol-violation`.
   */
  async bytes(limit = 1024 * 1024): Promise<Buffer> {
    const parts: Buffer[] = [];
    let length = 0;
    for (let batch = await this.batch(PIECE_LENGTH); batch; batch = await this.batch(PIECE_LENGTH)) {
      const part = Buffer.concat(batch);
      parts.push(part);
      length += part.length;
      if (length > limit) throw new DimseError('protocol-violation', { what: 'data-set-length' });
    }
    return Buffer.concat(parts);
  }

  /** Throws away everything and settles at the end of the data set. @throws DimseError as `batch` */
  async skip(): Promise<void> {
    while ((await this.batch()) !== undefined);
  }

  /** Throws away what is there and what will come, without waiting for it. */
  discard(): void {
    this.#discarding = true;
    this.#release();
  }

  async *[Symbol.asyncIterator](): AsyncIterator<Buffer> {
    for (;;) {
      const batch = await this.batch();
      if (batch === undefined) return;
      yield* batch;
    }
  }

  #ready(atLeast: number): boolean {
    return this.#ended || this.#failure !== undefined || this.#queued >= atLeast || this.#held >= MOST_HELD;
  }

  #wake(): void {
    const waiter = this.#waiter;
    if (waiter === undefined || !this.#ready(waiter.atLeast)) return;
    this.#waiter = undefined;
    try {
      waiter.resolve(this.#take());
    } catch (error) {
      waiter.reject(error instanceof DimseError ? error : new DimseError('protocol-violation'));
    }
  }

  #take(): Buffer[] | undefined {
    if (this.#queue.length === 0) {
      if (this.#failure !== undefined) throw this.#failure;
      return undefined;
    }
    return this.#release();
  }

  #release(): Buffer[] {
    const batch = this.#queue;
    const held = this.#held;
    this.#queue = [];
    this.#queued = 0;
    this.#held = 0;
    this.#host.consumed(held);
    return batch;
  }
}

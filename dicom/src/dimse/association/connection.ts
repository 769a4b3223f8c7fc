import type { Socket } from 'node:net';
import { DimseError } from '../errors.ts';
import { encodePdu } from '../pdu/encode.ts';
import { PDU_LIMITS, PduReader } from '../pdu/reader.ts';
import type { PduHandler, PduLimits } from '../pdu/reader.ts';
import type { Pdu } from '../pdu/types.ts';
import type { Throttle } from '../types.ts';
import { tlsError } from './tls.ts';

/** What a `PduConnection` tells the association above it. */
export interface ConnectionHandler extends PduHandler {
  /** Bytes came; called before they are read. */
  progress(): void;
  /** The connection is of no more use, for this reason. Called once, never after `finish`. */
  failed(error: DimseError): void;
}

/** How long a closed connection may linger until its last bytes are out and the peer has closed, in ms (ARTIM, PS3.8 §9.1.5). */
const LINGER_MS = 2_000;

/** A TCP connection that carries PDUs: reads, writes, breaks off. Owns its socket. */
export class PduConnection {
  readonly reader: PduReader;
  /** Settles, never rejects, when the socket is gone. */
  readonly closed: Promise<void>;
  /** Holds what is read and written to a speed. */
  throttle: Throttle | undefined;
  readonly #gone = new AbortController();
  #isHeld = false;
  #isThrottled = false;
  readonly #socket: Socket;
  readonly #handler: ConnectionHandler;
  #failure: DimseError | undefined;
  #finished = false;

  constructor(socket: Socket, handler: ConnectionHandler, limits: PduLimits = PDU_LIMITS) {
    this.#socket = socket;
    this.#handler = handler;
    this.reader = new PduReader(handler, limits);
    this.closed = new Promise((resolve) => socket.once('close', () => resolve()));
    socket.setNoDelay(true);
    socket.on('data', (chunk: Buffer) => this.#read(chunk));
    socket.on('error', (error) => this.#lost(error));
    socket.on('end', () => this.#lost());
    socket.on('close', () => {
      this.#lost();
      this.#gone.abort();
    });
  }

  /** Why the connection broke, once it has. */
  get failure(): DimseError | undefined {
    return this.#failure;
  }

  /** Stops or goes on reading, for back pressure. */
  pause(paused: boolean): void {
    this.#isHeld = paused;
    this.#flow();
  }

  /**
   * Sends bytes; settles when the system has taken them.
   * @param timeoutMs - how long the peer may take to accept them.
   * @throws DimseError the failure of the connection, or `silent-peer`
   */
  async write(bytes: Buffer, timeoutMs: number): Promise<void> {
    if (this.throttle !== undefined) await this.throttle(bytes.length, this.#gone.signal);
    await this.#write(bytes, timeoutMs);
  }

  #write(bytes: Buffer, timeoutMs: number): Promise<void> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.fail(new DimseError('silent-peer', { waitedMs: timeoutMs })), timeoutMs);
      this.#socket.write(bytes, (error) => {
        clearTimeout(timer);
        if (error) reject(this.#failure ?? new DimseError('closed-without-response'));
        else resolve();
      });
    });
  }

  /** Sends one PDU; see `write`. */
  writePdu(pdu: Pdu, timeoutMs: number): Promise<void> {
    return this.write(encodePdu(pdu), timeoutMs);
  }

  /** Breaks the connection off for a reason; the peer is told if an `abort` is given. Does nothing if it is closed or broken. */
  fail(error: DimseError, abort?: { source: number; reason: number }): void {
    if (this.#failure !== undefined || this.#finished) return;
    this.#failure = error;
    this.#gone.abort();
    if (abort === undefined || this.#socket.connecting) this.#socket.destroy();
    else this.#close(encodePdu({ kind: 'abort', ...abort }));
    this.#handler.failed(error);
  }

  /** Sends a last PDU and closes, politely first: the peer must be able to read what was sent. */
  finish(pdu?: Pdu): void {
    if (this.#failure !== undefined || this.#finished) return;
    this.#finished = true;
    this.#close(pdu && encodePdu(pdu));
  }

  #close(last: Buffer | undefined): void {
    const linger = setTimeout(() => this.#socket.destroy(), LINGER_MS);
    this.#socket.once('close', () => clearTimeout(linger));
    this.#socket.resume();
    if (last === undefined) this.#socket.end();
    else this.#socket.end(last);
  }

  #read(chunk: Buffer): void {
    if (this.#failure !== undefined || this.#finished) return;
    const { length } = chunk;
    try {
      this.#handler.progress();
      this.reader.push(chunk);
      if (this.throttle !== undefined) void this.#payFor(length, this.throttle);
    } catch (error) {
      if (!(error instanceof DimseError)) throw error;
      this.fail(error, { source: 2, reason: Number(error.facts['abortReason'] ?? 0) });
    }
  }

  /** Reads on when what was read is paid for. */
  async #payFor(bytes: number, throttle: Throttle): Promise<void> {
    this.#isThrottled = true;
    this.#flow();
    await throttle(bytes, this.#gone.signal);
    this.#isThrottled = false;
    this.#flow();
  }

  #flow(): void {
    if (this.#isHeld || this.#isThrottled) this.#socket.pause();
    else this.#socket.resume();
  }

  #lost(error?: Error): void {
    this.fail(socketError(error));
    this.#socket.destroy();
  }
}

/** What an error of the socket means; none at all means that the peer closed. */
export function socketError(error: (Error & { code?: string }) | undefined): DimseError {
  const code = error?.code ?? 'closed';
  switch (code) {
    case 'ECONNREFUSED':
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
    case 'EADDRNOTAVAIL':
      return new DimseError('connection-refused', { code });
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
    case 'EAI_FAIL':
      return new DimseError('host-unknown', { code });
    case 'ETIMEDOUT':
      return new DimseError('connect-timeout', { code });
    default:
      return tlsError(code) ?? new DimseError('closed-without-response', { code });
  }
}

import { encodeCommand } from '../command.ts';
import type { Command } from '../command.ts';
import { DATA_HEADER_LENGTH, writeDataHeader } from '../pdu/encode.ts';
import type { DataSetPiece } from '../types.ts';
import { PieceReader } from './pieces.ts';

/** Bytes that are read and written at a time; two such blocks are under way at most. */
const BLOCK_LENGTH = 512 * 1024;
/** Longest P-DATA-TF we send, whatever the peer could take. */
const OWN_MAX_LENGTH = 128 * 1024;

/** Sends bytes and settles when the system has taken them. */
export type Write = (bytes: Buffer) => Promise<void>;

/** Cuts messages into P-DATA-TF PDUs (PS3.8 §9.3.5, §E.2) and sends them in large blocks, memory bounded by two blocks. */
export class MessageWriter {
  readonly #write: Write;
  /** Bytes of one fragment; even, as PS3.8 §E.1 asks. */
  readonly #fragmentLength: number;
  readonly #blocks: Buffer[] = [];
  readonly #flushed: Promise<void>[] = [Promise.resolve(), Promise.resolve()];
  #turn = 0;

  /** @param peerMaxLength - what the peer announced (PS3.8 §D.1), bytes, 0: no limit. */
  constructor(write: Write, peerMaxLength: number) {
    this.#write = write;
    const length = peerMaxLength === 0 ? OWN_MAX_LENGTH : Math.min(peerMaxLength, OWN_MAX_LENGTH);
    this.#fragmentLength = Math.max(2, (length - 6) & ~1);
  }

  /** Sends a command without data set. */
  async sendCommand(contextId: number, command: Command): Promise<void> {
    await this.#write(this.#commandPdus(contextId, encodeCommand(command, false)));
  }

  /**
   * Sends a command and its data set. Nothing is sent when a piece cannot be opened.
   * @param broken - called when a piece cannot be read although sending has begun: the association is of no more use.
   * @throws DimseError `instance-broken`, or what `write` throws
   */
  async sendWithDataSet(
    contextId: number,
    command: Command,
    dataSet: readonly DataSetPiece[],
    broken: () => void,
  ): Promise<void> {
    using pieces = PieceReader.open(dataSet);
    let prefix = this.#commandPdus(contextId, encodeCommand(command, true));
    let left = pieces.length;
    let begun = false;
    do {
      const { block, targets, length } = await this.#layOut(contextId, prefix, left);
      try {
        await pieces.fill(targets);
      } catch (error) {
        if (begun) broken();
        throw error;
      }
      begun = true;
      left -= length;
      prefix = Buffer.alloc(0);
      const flushed = this.#write(block);
      flushed.catch(() => undefined);
      this.#flushed[this.#turn] = flushed;
    } while (left > 0);
  }

  /** A block with its PDU headers written, and the gaps between them for the next bytes of the data set. */
  async #layOut(contextId: number, prefix: Buffer, left: number) {
    const slot = this.#fragmentLength + DATA_HEADER_LENGTH;
    const slots = Math.max(1, Math.min(Math.floor(BLOCK_LENGTH / slot), Math.ceil(left / this.#fragmentLength)));
    const length = Math.min(left, slots * this.#fragmentLength);
    const block = await this.#nextBlock(prefix.length + length + slots * DATA_HEADER_LENGTH);
    prefix.copy(block);
    const targets: Buffer[] = [];
    let offset = prefix.length;
    for (let index = 0; index < slots; index += 1) {
      const bytes = Math.min(this.#fragmentLength, length - index * this.#fragmentLength);
      const last = length === left && index === slots - 1;
      writeDataHeader(block, offset, { contextId, command: false, last, length: bytes });
      targets.push(block.subarray(offset + DATA_HEADER_LENGTH, offset + DATA_HEADER_LENGTH + bytes));
      offset += DATA_HEADER_LENGTH + bytes;
    }
    return { block, targets, length };
  }

  /** One of the two blocks, when its former content is out. */
  async #nextBlock(length: number): Promise<Buffer> {
    this.#turn = 1 - this.#turn;
    await this.#flushed[this.#turn];
    const kept = this.#blocks[this.#turn];
    if (kept !== undefined && kept.length >= length) return kept.subarray(0, length);
    const block = Buffer.allocUnsafeSlow(length);
    this.#blocks[this.#turn] = block;
    return block;
  }

  #commandPdus(contextId: number, bytes: Buffer): Buffer {
    const pdus: Buffer[] = [];
    for (let offset = 0; offset < bytes.length; offset += this.#fragmentLength) {
      const fragment = bytes.subarray(offset, offset + this.#fragmentLength);
      const last = offset + fragment.length === bytes.length;
      const header = Buffer.alloc(DATA_HEADER_LENGTH);
      writeDataHeader(header, 0, { contextId, command: true, last, length: fragment.length });
      pdus.push(header, fragment);
    }
    return Buffer.concat(pdus);
  }
}

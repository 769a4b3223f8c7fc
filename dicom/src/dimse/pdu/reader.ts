import { decodePdu, violation } from './decode.ts';
import { ABORT_REASON, PDU_TYPE } from './types.ts';
import type { Pdu } from './types.ts';

/** What a `PduReader` calls while it walks over the bytes it is given. */
export interface PduHandler {
  /** A complete PDU other than P-DATA-TF. */
  pdu(pdu: Pdu): void;
  /**
   * Some bytes of a command set or data set, a view on the chunk that was pushed: valid only during the call. `last` is true once per
   * message part, with its last bytes (which may be none). A fragment is handed on as its bytes come, not when it is complete.
   */
  fragment(contextId: number, command: boolean, bytes: Buffer, last: boolean): void;
}

/** Bounds of what a peer may announce, in bytes. Nothing is ever allocated by an announced length. */
export interface PduLimits {
  /** Longest P-DATA-TF. */
  readonly data: number;
  /** Longest of all other PDUs; these are collected in memory. */
  readonly control: number;
}

/** 64 MB for data, which only passes through; 1 MB for an A-ASSOCIATE with its 128 contexts. */
export const PDU_LIMITS: PduLimits = { data: 64 * 1024 * 1024, control: 1024 * 1024 };

/** PS3.8 §9.3.4 to §9.3.8: these bodies have one length. */
const FIXED_LENGTH = 4;
/** A peer that sends single bytes must not cost a chunk for each. */
const MAX_PARTS = 256;

/**
 * Reads PDUs from a stream of chunks of any size (PS3.8 §9.3): a state machine that keeps at most one header and one control PDU.
 * After it has thrown it must not be used again.
 */
export class PduReader {
  /** P-DATA-TF is a violation until this is set, when the association stands. */
  dataAllowed = false;
  readonly #handler: PduHandler;
  readonly #limits: PduLimits;
  readonly #header = Buffer.alloc(6);
  #headerFilled = 0;
  #state: 'pdu-header' | 'control' | 'pdv-header' | 'pdv' = 'pdu-header';
  #type = 0;
  /** Bytes of the current PDU that are still to come. */
  #pduLeft = 0;
  #pdvLeft = 0;
  #contextId = 0;
  #command = false;
  #last = false;
  #collected: Buffer[] = [];

  constructor(handler: PduHandler, limits: PduLimits = PDU_LIMITS) {
    this.#handler = handler;
    this.#limits = limits;
  }

  /** True between two PDUs. */
  get atBoundary(): boolean {
    return this.#state === 'pdu-header' && this.#headerFilled === 0;
  }

  /**
   * Takes the next bytes of the stream.
   * @throws DimseError `protocol-violation`
   */
  push(chunk: Buffer): void {
    let offset = 0;
    while (offset < chunk.length) {
      switch (this.#state) {
        case 'pdu-header':
          offset = this.#fillHeader(chunk, offset);
          if (this.#headerFilled === 6) this.#beginPdu();
          break;
        case 'control':
          offset = this.#collect(chunk, offset);
          break;
        case 'pdv-header':
          offset = this.#fillHeader(chunk, offset);
          if (this.#headerFilled === 6) this.#beginPdv();
          break;
        case 'pdv':
          offset = this.#passOn(chunk, offset);
          break;
      }
    }
  }

  #fillHeader(chunk: Buffer, offset: number): number {
    const taken = chunk.copy(this.#header, this.#headerFilled, offset, offset + 6 - this.#headerFilled);
    this.#headerFilled += taken;
    return offset + taken;
  }

  #beginPdu(): void {
    this.#headerFilled = 0;
    this.#type = this.#header.readUInt8(0);
    this.#pduLeft = this.#header.readUInt32BE(2);
    if (this.#type === PDU_TYPE.data) {
      if (!this.dataAllowed) throw violation('data-before-association', ABORT_REASON.unexpectedPdu);
      if (this.#pduLeft > this.#limits.data) throw violation('pdu-length');
      if (this.#pduLeft > 0) this.#nextPdv();
      return;
    }
    if (this.#type === 0 || this.#type > PDU_TYPE.abort) throw violation('pdu-type', ABORT_REASON.unrecognizedPdu);
    const limit = this.#type >= PDU_TYPE.associateReject ? FIXED_LENGTH : this.#limits.control;
    if (this.#pduLeft > limit) throw violation('pdu-length');
    this.#state = 'control';
    if (this.#pduLeft === 0) this.#endControl();
  }

  #collect(chunk: Buffer, offset: number): number {
    const part = chunk.subarray(offset, offset + this.#pduLeft);
    this.#collected.push(Buffer.from(part));
    if (this.#collected.length > MAX_PARTS) this.#collected = [Buffer.concat(this.#collected)];
    this.#pduLeft -= part.length;
    if (this.#pduLeft === 0) this.#endControl();
    return offset + part.length;
  }

  #endControl(): void {
    const body = Buffer.concat(this.#collected);
    this.#collected = [];
    this.#state = 'pdu-header';
    this.#handler.pdu(decodePdu(this.#type, body));
  }

  /** PS3.8 §9.3.5.1, §E.2: length, context, control header. */
  #beginPdv(): void {
    this.#headerFilled = 0;
    const length = this.#header.readUInt32BE(0);
    if (length < 2 || length + 4 > this.#pduLeft) throw violation('pdv-length');
    this.#pdvLeft = length - 2;
    this.#pduLeft -= length + 4;
    this.#contextId = this.#header.readUInt8(4);
    const control = this.#header.readUInt8(5);
    this.#command = (control & 1) !== 0;
    this.#last = (control & 2) !== 0;
    this.#state = 'pdv';
    if (this.#pdvLeft === 0) {
      this.#nextPdv();
      this.#handler.fragment(this.#contextId, this.#command, Buffer.alloc(0), this.#last);
    }
  }

  #passOn(chunk: Buffer, offset: number): number {
    const bytes = chunk.subarray(offset, offset + this.#pdvLeft);
    this.#pdvLeft -= bytes.length;
    const complete = this.#pdvLeft === 0;
    if (complete) this.#nextPdv();
    this.#handler.fragment(this.#contextId, this.#command, bytes, complete && this.#last);
    return offset + bytes.length;
  }

  #nextPdv(): void {
    if (this.#pduLeft > 0 && this.#pduLeft < 6) throw violation('pdv-length');
    this.#state = this.#pduLeft === 0 ? 'pdu-header' : 'pdv-header';
  }
}

import { closeSync, constants, fstatSync, ftruncateSync, openSync, readSync, statSync, writeSync } from 'node:fs';
import { crc32 } from 'node:zlib';

/** What goes out instead of an instance's own header, and which bytes of its file follow unchanged. */
export interface HeaderFacts {
  /** UID under which the destination will know the instance. */
  readonly outSopInstanceUID: string;
  readonly sopClassUID: string;
  readonly transferSyntaxUID: string;
  /** Byte range of the retrieved file, or of `pixelsPath`, that follows the header; null when nothing does. */
  readonly bulk: { readonly start: number; readonly end: number } | null;
  /** Masked pixels instead of those of the retrieved file; null: nothing was masked. */
  readonly pixelsPath: string | null;
  /** Bytes and SHA-256 (hex) of the outgoing data set: header and bulk together. */
  readonly bytes: number;
  readonly sha256: string;
  /** SHA-256 (hex) of the data set as it came. */
  readonly sourceSha256: string;
}

/** A header that is not yet in the spool; the trailer is what follows the bulk region, nearly always nothing. */
export interface NewHeader {
  readonly facts: HeaderFacts;
  readonly header: Uint8Array;
  readonly trailer: Uint8Array;
}

/** A header of the spool: its facts, and where in which file the bytes before and behind the bulk region are. */
export interface SpooledHeader extends HeaderFacts {
  readonly path: string;
  readonly start: number;
  /** End of the header and start of the trailer. */
  readonly end: number;
  readonly trailerEnd: number;
}

/** What stands before each header, as a line of JSON. */
interface Entry {
  readonly sopInstanceUID: string;
  readonly facts: HeaderFacts;
  /** Bytes. */
  readonly header: number;
  readonly trailer: number;
  /** CRC-32 of both. */
  readonly crc: number;
}

/** Longest line of an entry, in bytes. */
const LINE_BYTES = 16 * 1024;

/**
 * The pseudonymized headers of one part, in one file that only grows: a line of JSON, the header, the trailer, and so on. They
 * can be made anew from the retrieved files at any time, so nothing is forced to the disk; what is torn is cut off. The power may
 * fail after the length of a file is on the disk and before its last bytes are, which then read as zeros: hence the sums.
 */
export class PartHeaders implements Disposable {
  readonly #path: string;
  readonly #descriptor: number;
  readonly #known = new Map<string, SpooledHeader>();
  #size = 0;
  #closed = false;

  private constructor(path: string) {
    this.#path = path;
    this.#descriptor = openSync(path, constants.O_RDWR | constants.O_CREAT, 0o600);
    const { size } = fstatSync(this.#descriptor);
    while (this.#takeUp(size));
    ftruncateSync(this.#descriptor, this.#size);
  }

  /** Opens the file of a part and takes up what is in it; its folder must exist. */
  static open(path: string): PartHeaders {
    return new PartHeaders(path);
  }

  /** The header of an instance; undefined when it, or its masked pixels, are missing: it has to be made anew. */
  get(sopInstanceUID: string): SpooledHeader | undefined {
    const known = this.#known.get(sopInstanceUID);
    if (!known?.pixelsPath) return known;
    return statSync(known.pixelsPath, { throwIfNoEntry: false })?.size === known.bulk?.end ? known : undefined;
  }

  /** Adds the header of an instance. In place: it is small, and goes to the page cache. */
  add(sopInstanceUID: string, { facts, header, trailer }: NewHeader): SpooledHeader {
    const crc = crc32(trailer, crc32(header));
    const entry: Entry = { sopInstanceUID, facts, header: header.length, trailer: trailer.length, crc };
    const line = Buffer.from(`${JSON.stringify(entry)}\n`);
    const bytes = Buffer.concat([line, header, trailer]);
    // What fails half-way is written over by the next one.
    for (let written = 0; written < bytes.length;) {
      written += writeSync(this.#descriptor, bytes, written, bytes.length - written, this.#size + written);
    }
    return this.#enter(entry, line.length);
  }

  [Symbol.dispose](): void {
    if (this.#closed) return;
    this.#closed = true;
    closeSync(this.#descriptor);
  }

  #enter({ sopInstanceUID, facts, header, trailer }: Entry, lineLength: number): SpooledHeader {
    const start = this.#size + lineLength;
    const end = start + header;
    const spooled = { ...facts, path: this.#path, start, end, trailerEnd: end + trailer };
    this.#known.set(sopInstanceUID, spooled);
    this.#size = spooled.trailerEnd;
    return spooled;
  }

  /** Reads the next entry of a file of this size; false when there is none that is whole. */
  #takeUp(size: number): boolean {
    const line = Buffer.alloc(Math.min(LINE_BYTES, size - this.#size));
    readSync(this.#descriptor, line, 0, line.length, this.#size);
    const lineEnd = line.indexOf(0x0a);
    if (lineEnd < 0) return false;
    try {
      const entry = JSON.parse(line.toString('utf8', 0, lineEnd)) as Entry;
      const start = this.#size + lineEnd + 1;
      // An entry of a version that did not know it is made anew.
      if (!entry.facts.sourceSha256) return false;
      if (start + entry.header + entry.trailer > size) return false;
      const bytes = Buffer.alloc(entry.header + entry.trailer);
      readSync(this.#descriptor, bytes, 0, bytes.length, start);
      if (crc32(bytes) !== entry.crc) return false;
      this.#enter(entry, lineEnd + 1);
      return true;
    } catch {
      return false;
    }
  }
}

/** The pieces of the outgoing data set, in order (PS3.5 §7): header, bulk region (untouched, or the masked pixels), trailer. */
export function outgoingPieces(file: string, header: SpooledHeader): { path: string; start: number; end: number }[] {
  const pieces = [
    { path: header.path, start: header.start, end: header.end },
    ...(header.bulk ? [{ path: header.pixelsPath ?? file, ...header.bulk }] : []),
    { path: header.path, start: header.end, end: header.trailerEnd },
  ];
  return pieces.filter(({ start, end }) => end > start);
}

import { setImmediate } from 'node:timers/promises';
import { Part10Error } from './errors.ts';
import type { OpenFile } from './openFile.ts';
import type { Scanner } from './scanner.ts';
import type { Token } from './token.ts';

/** Most that is held in memory of one data set, in bytes: its changed parts, what surrounds the bulk region, a single value that is asked for. */
export const MAX_HELD_BYTES = 256 * 1024 * 1024;
/** Bytes read at once; the headers of most instances fit. Values up to this length are at hand when their element is. */
export const WINDOW_BYTES = 64 * 1024;
/** Read-ahead along fragments: little when they are large and are jumped over, much when most of them would be touched anyway. */
const SPARSE_WINDOW_BYTES = 4 * 1024;
const DENSE_WINDOW_BYTES = 1024 * 1024;
const LARGE_FRAGMENT_BYTES = 256 * 1024;
/** After so many tokens without reading others get their turn. */
const TOKENS_AT_ONCE = 50_000;

/** Region of a file, in bytes from its beginning, end excluded. */
export interface FileRegion {
  readonly start: number;
  readonly end: number;
}

/** Bytes with random access, some of which are in memory. Offsets count from the beginning of the source. */
export interface ByteSource {
  /** Offset behind the last byte. */
  readonly size: number;
  /** What is at hand now, and the offset of its first byte. */
  readonly window: Buffer;
  readonly base: number;
  /** Moves the window so that it holds `atLeast` bytes from `at` on, and some of what follows. */
  load(at: number, atLeast: number, ahead: number): Promise<void>;
  /** These bytes, at once. Throws Part10Error `too-large`. */
  view(start: number, end: number): Buffer;
  /** These bytes. Throws Part10Error `truncated`, `too-large`. */
  read(start: number, end: number): Promise<Buffer>;
}

/** A data set that is in memory as a whole. */
export function memorySource(bytes: Buffer): ByteSource {
  return {
    size: bytes.length,
    window: bytes,
    base: 0,
    load: () => Promise.resolve(),
    view: (start, end) => bytes.subarray(start, end),
    read: (start, end) => Promise.resolve(bytes.subarray(start, end)),
  };
}

function checkHeld(bytes: number): void {
  if (bytes > MAX_HELD_BYTES) throw new Part10Error('too-large', { bytes });
}

/** A file, of which the beginning and one window are in memory. */
export class FileSource implements ByteSource {
  readonly size: number;
  window: Buffer;
  base = 0;
  readonly #file: OpenFile;
  readonly #beginning: Buffer;

  constructor(file: OpenFile, beginning: Buffer) {
    this.#file = file;
    this.size = file.size;
    this.#beginning = this.window = beginning;
  }

  async load(at: number, atLeast: number, ahead: number): Promise<void> {
    checkHeld(atLeast);
    const end = Math.min(this.size, at + Math.max(atLeast, ahead));
    const isBeginning = at + atLeast <= this.#beginning.length;
    this.window = isBeginning ? this.#beginning : await this.#file.read(at, end);
    this.base = isBeginning ? 0 : at;
  }

  view(start: number, end: number): Buffer {
    const held = this.#held(start, end);
    if (held !== undefined) return held;
    checkHeld(end - start);
    return this.#file.readNow(start, end);
  }

  async read(start: number, end: number): Promise<Buffer> {
    const held = this.#held(start, end);
    if (held !== undefined) return held;
    checkHeld(end - start);
    return this.#file.read(start, end);
  }

  #held(start: number, end: number): Buffer | undefined {
    if (end <= this.#beginning.length) return this.#beginning.subarray(start, end);
    if (start < this.base || end > this.base + this.window.length) return undefined;
    return this.window.subarray(start - this.base, end - this.base);
  }
}

/** Scans a source until its end or until `take` answers `enough`, with all values up to WINDOW_BYTES at hand. */
export async function scan(
  source: ByteSource,
  scanner: Scanner,
  take: (token: Token) => unknown,
  signal?: AbortSignal,
): Promise<void> {
  let fragmentLength = Infinity;
  for (let count = 1; ; count += 1) {
    const token = scanner.next(source.window, source.base);
    if (token === undefined) {
      signal?.throwIfAborted();
      await source.load(scanner.position, scanner.wanted, ahead(scanner, fragmentLength));
      continue;
    }
    if (token.kind === 'fragment') fragmentLength = token.end - token.valueStart;
    if (token.kind === 'value') {
      const { valueStart, length } = token.header;
      const isAtHand = valueStart >= source.base && token.end <= source.base + source.window.length;
      if (!isAtHand && length <= WINDOW_BYTES) await source.load(valueStart, length, WINDOW_BYTES);
    }
    if (token.kind === 'end' || take(token) === 'enough') return;
    if (count % TOKENS_AT_ONCE === 0) {
      await setImmediate();
      signal?.throwIfAborted();
    }
  }
}

/** As `scan`, at once: for looking into an item that is nearly always at hand. */
export function scanNow(source: ByteSource, scanner: Scanner, take: (token: Token) => unknown): void {
  let { window, base } = source;
  for (;;) {
    const token = scanner.next(window, base);
    if (token === undefined) {
      base = scanner.position;
      window = source.view(base, Math.min(source.size, base + Math.max(scanner.wanted, WINDOW_BYTES)));
    } else if (token.kind === 'end' || take(token) === 'enough') {
      return;
    }
  }
}

function ahead(scanner: Scanner, fragmentLength: number): number {
  if (!scanner.isInFragments) return WINDOW_BYTES;
  return fragmentLength > LARGE_FRAGMENT_BYTES ? SPARSE_WINDOW_BYTES : DENSE_WINDOW_BYTES;
}

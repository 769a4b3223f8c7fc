import { Readable } from 'node:stream';
import { createInflateRaw } from 'node:zlib';
import { MAX_META_BYTES, decodeBeginning, readBeginning } from './beginning.ts';
import type { Encoding } from './elementHeader.ts';
import { Part10Error } from './errors.ts';
import type { FileMeta, FoundMeta } from './fileMeta.ts';
import { OpenFile, fileError } from './openFile.ts';
import { Scanner } from './scanner.ts';
import type { Token } from './token.ts';
import { FileSource, MAX_HELD_BYTES, WINDOW_BYTES } from './source.ts';
import { transferSyntaxOf } from './transferSyntaxes.ts';

/** What a walk gives, in the order of the bytes. */
export type WalkedToken =
  /** The file meta information, or what stands for it; first, and only where a file is walked. */
  | { readonly kind: 'meta'; readonly meta: FileMeta; readonly dataSetOffset: number }
  /** A value or fragment comes with its bytes, as written, unless it is longer than `maxValueBytes`. */
  | (Extract<Token, { kind: 'value' | 'fragment' }> & { readonly value: Buffer | undefined })
  | Exclude<Token, { kind: 'value' | 'fragment' | 'end' }>;

/** How much of a walk is wanted. */
export interface WalkOptions {
  /** Longest value that comes with its bytes; longer ones are passed over. Default 64 KB. */
  readonly maxValueBytes?: number;
  readonly signal?: AbortSignal;
}

/** Read of a stream before its beginning is looked at, in bytes. */
const FIRST_BYTES = 4096;

/** Bytes of which a window is in memory, read forward. */
interface Forward {
  /** Offset behind the last byte; Infinity while that is not known. */
  readonly size: number;
  readonly window: Buffer;
  readonly base: number;
  /** Moves the window so that it holds `atLeast` bytes from `at` on, or all that there are. */
  load(at: number, atLeast: number, ahead: number): Promise<void>;
}

/** A stream of bytes. Holds what is asked for and the last chunk. */
class StreamSource implements Forward {
  size = Infinity;
  window: Buffer = Buffer.alloc(0);
  base = 0;
  readonly #chunks: AsyncIterator<Uint8Array>;

  constructor(chunks: AsyncIterator<Uint8Array>) {
    this.#chunks = chunks;
  }

  async load(at: number, atLeast: number): Promise<void> {
    if (atLeast > MAX_HELD_BYTES) throw new Part10Error('too-large', { bytes: atLeast });
    const held = this.window.subarray(Math.min(this.window.length, at - this.base));
    const parts = [held];
    let toSkip = at - this.base - (this.window.length - held.length);
    let length = held.length;
    let end = this.base + this.window.length;
    while (length < atLeast && this.size === Infinity) {
      const next = await this.#chunks.next();
      if (next.done === true) {
        this.size = end;
        break;
      }
      const { value } = next;
      end += value.length;
      const part = Buffer.from(value.buffer, value.byteOffset, value.byteLength).subarray(toSkip);
      toSkip = Math.max(0, toSkip - value.length);
      parts.push(part);
      length += part.length;
    }
    this.window = Buffer.concat(parts);
    this.base = at;
  }

  /** What is left, from the window's offset `at` on. */
  async *rest(at: number): AsyncGenerator<Uint8Array> {
    yield this.window.subarray(at - this.base);
    for (let next = await this.#chunks.next(); next.done !== true; next = await this.#chunks.next()) yield next.value;
  }
}

async function* tokens(
  source: Forward,
  scanner: Scanner,
  { maxValueBytes = WINDOW_BYTES, signal }: WalkOptions,
): AsyncGenerator<WalkedToken> {
  const valueOf = async (start: number, end: number): Promise<Buffer | undefined> => {
    if (end - start > maxValueBytes) return undefined;
    if (start < source.base || end > source.base + source.window.length) {
      await source.load(start, end - start, WINDOW_BYTES);
      if (source.size < end) throw new Part10Error('truncated', { offset: start });
    }
    return source.window.subarray(start - source.base, end - source.base);
  };
  for (;;) {
    const token = scanner.next(source.window, source.base);
    if (token === undefined) {
      signal?.throwIfAborted();
      await source.load(scanner.position, scanner.wanted, WINDOW_BYTES);
      scanner.endAt(source.size);
    } else if (token.kind === 'end') {
      return;
    } else if (token.kind === 'value') {
      yield { ...token, value: await valueOf(token.header.valueStart, token.end) };
    } else if (token.kind === 'fragment') {
      yield { ...token, value: await valueOf(token.valueStart, token.end) };
    } else {
      yield token;
    }
  }
}

/** Chunks that keep what they hold when the next one comes: a stream reads ahead. */
async function* copied(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) yield Buffer.from(chunk);
}

/** Inflates what comes; errors of the data become Part10Error. */
async function* inflated(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const inflate = createInflateRaw();
  const input = Readable.from(chunks, { objectMode: false });
  input.on('error', (error) => inflate.destroy(error)).pipe(inflate);
  try {
    yield* inflate as AsyncIterable<Buffer>;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    throw code.startsWith('Z_') ? new Part10Error('deflate-failed', { code }) : error;
  } finally {
    input.destroy();
    inflate.destroy();
  }
}

/**
 * Walks along the elements of a Part 10 file. Memory is bounded by `maxValueBytes` and, for values of VR UN that may hold items, 16 MB.
 * Offsets are those in the file, for a deflated data set those in the inflated one.
 * @throws Part10Error; the signal's reason
 */
export async function* walkFile(path: string, options: WalkOptions = {}): AsyncGenerator<WalkedToken> {
  try {
    using file = await OpenFile.open(path);
    const { meta, dataSetOffset, beginning } = await readBeginning(file, WINDOW_BYTES);
    yield { kind: 'meta', meta, dataSetOffset };
    const encoding = transferSyntaxOf(meta.transferSyntaxUID);
    if (encoding.deflated) {
      yield* inflatedTokens(copied(file.chunks(dataSetOffset, file.size)), encoding, options);
    } else {
      const source = new FileSource(file, beginning);
      yield* tokens(source, new Scanner({ at: dataSetOffset, encoding }, file.size), options);
    }
  } catch (error) {
    throw fileError(error);
  }
}

/**
 * Walks along the elements of a stream: of a data set in `transferSyntaxUID`, or of a Part 10 file where that is not given. Otherwise as
 * `walkFile`. What is not consumed is not read.
 * @throws Part10Error; what the stream throws; the signal's reason
 */
export async function* walkStream(
  chunks: AsyncIterable<Uint8Array>,
  options: WalkOptions & { readonly transferSyntaxUID?: string } = {},
): AsyncGenerator<WalkedToken> {
  const iterator = chunks[Symbol.asyncIterator]();
  try {
    const source = new StreamSource(iterator);
    let { transferSyntaxUID } = options;
    let start = 0;
    if (transferSyntaxUID === undefined) {
      const { meta, dataSetOffset } = await beginningOf(source);
      yield { kind: 'meta', meta, dataSetOffset };
      ({ transferSyntaxUID } = meta);
      start = dataSetOffset;
    }
    const encoding = transferSyntaxOf(transferSyntaxUID);
    if (encoding.deflated) yield* inflatedTokens(source.rest(start), encoding, options);
    else yield* tokens(source, new Scanner({ at: start, encoding }, source.size), options);
  } finally {
    await iterator.return?.();
  }
}

async function* inflatedTokens(
  chunks: AsyncIterable<Uint8Array>,
  encoding: Encoding,
  options: WalkOptions,
): AsyncGenerator<WalkedToken> {
  const source = new StreamSource(inflated(chunks));
  yield* tokens(source, new Scanner({ at: 0, encoding }, Infinity), options);
}

async function beginningOf(source: StreamSource): Promise<FoundMeta> {
  for (let bytes = FIRST_BYTES; ; bytes *= 4) {
    await source.load(0, bytes);
    try {
      const found = decodeBeginning(source.window, source.size);
      if (found.dataSetOffset + 8 <= source.window.length || source.size !== Infinity) return found;
    } catch (error) {
      const needsMore = error instanceof Part10Error && error.reason === 'truncated' && source.size === Infinity;
      if (!needsMore || bytes >= MAX_META_BYTES) throw error;
    }
  }
}

import { close, closeSync, fstatSync, readSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { openToRead, readAt } from '../disk.ts';
import { Part10Error } from './errors.ts';

/** After so many bytes others get their turn. */
const BYTES_AT_ONCE = 4 * 1024 * 1024;

/** Longest chunk, in bytes, and the memory of such chunks that is kept for the files to come: fresh memory costs more than reading. */
const CHUNK_BYTES = 256 * 1024;
const MOST_KEPT = 4;
const keptChunks: Buffer[] = [];

/** A file that is open for reading. Errors are the system's; see `fileError`. */
export class OpenFile implements Disposable {
  /** Bytes. */
  readonly size: number;
  readonly #descriptor: number;

  private constructor(descriptor: number, size: number) {
    this.#descriptor = descriptor;
    this.size = size;
  }

  static async open(path: string): Promise<OpenFile> {
    const descriptor = await openToRead(path);
    try {
      return new OpenFile(descriptor, fstatSync(descriptor).size);
    } catch (error) {
      close(descriptor);
      throw error;
    }
  }

  /** Exactly the bytes [start, end). Throws Part10Error `truncated` when there are fewer. */
  async read(start: number, end: number): Promise<Buffer> {
    const buffer = Buffer.allocUnsafeSlow(end - start);
    for (let filled = 0; filled < buffer.length;) {
      const bytesRead = await readAt(this.#descriptor, [buffer.subarray(filled)], start + filled);
      filled += demandSome(bytesRead, start + filled);
    }
    return buffer;
  }

  /** As `read`, in place: for what is asked for in the middle of a synchronous walk. */
  readNow(start: number, end: number): Buffer {
    const buffer = Buffer.allocUnsafeSlow(end - start);
    for (let filled = 0; filled < buffer.length;) {
      const bytesRead = readSync(this.#descriptor, buffer, filled, buffer.length - filled, start + filled);
      filled += demandSome(bytesRead, start + filled);
    }
    return buffer;
  }

  /** The bytes [start, end) in chunks, all in the same memory: a chunk must be used up before the next is asked for. */
  async *chunks(start: number, end: number): AsyncGenerator<Buffer> {
    const buffer = keptChunks.pop() ?? Buffer.allocUnsafeSlow(CHUNK_BYTES);
    try {
      for (let at = start, turn = start; at < end;) {
        if (at - turn >= BYTES_AT_ONCE) {
          await setImmediate();
          turn = at;
        }
        const bytesRead = await readAt(this.#descriptor, [buffer.subarray(0, end - at)], at);
        at += demandSome(bytesRead, at);
        yield buffer.subarray(0, bytesRead);
      }
    } finally {
      if (keptChunks.length < MOST_KEPT) keptChunks.push(buffer);
    }
  }

  [Symbol.dispose](): void {
    closeSync(this.#descriptor);
  }
}

function demandSome(bytesRead: number, offset: number): number {
  if (bytesRead === 0) throw new Part10Error('truncated', { offset });
  return bytesRead;
}

/** Runs `use` with the opened file; errors of the file system become Part10Error `unreadable`. */
export async function withFile<T>(path: string, use: (file: OpenFile) => Promise<T>): Promise<T> {
  try {
    using file = await OpenFile.open(path);
    return await use(file);
  } catch (error) {
    throw fileError(error);
  }
}

/** An error of the file system as Part10Error `unreadable`; any other as it is. */
export function fileError(error: unknown): unknown {
  return error instanceof Error && 'syscall' in error && 'code' in error
    ? new Part10Error('unreadable', { code: String(error.code) })
    : error;
}

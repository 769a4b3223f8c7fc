import { createHash, randomBytes } from 'node:crypto';
import type { Hash } from 'node:crypto';
import { closeSync, fsync, mkdirSync, openSync, renameSync, unlinkSync } from 'node:fs';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { append } from '../disk.ts';

/** Bytes that are hashed as soon as they are there, while the peer goes on sending. */
const HASH_LENGTH = 64 * 1024;
/** Bytes collected for one write, and the most buffers of it (IOV_MAX of Linux). */
const WRITE_LENGTH = 256 * 1024;
const WRITE_BUFFERS = 1024;
/** Behind so many bytes a file is written in pieces that are worth the detour over the thread pool. */
const LARGE = 4 * 1024 * 1024;
const LARGE_WRITE_LENGTH = 1024 * 1024;

const syncAsync = promisify(fsync);

/**
 * A file that appears under its name only when it is complete and durable: written as `<path>.<random>.part` beside it, fsynced,
 * renamed. Errors are the system's (`ENOSPC`, `EACCES` …).
 */
export class DurableFile implements AsyncDisposable {
  /** Bytes taken by `write`. */
  bytes = 0;
  readonly #path: string;
  readonly #partPath: string;
  readonly #descriptor: number;
  readonly #hash: Hash = createHash('sha256');
  readonly #prefix: Buffer[];
  #writing: Promise<void> = Promise.resolve();
  #open = true;
  #finished = false;

  private constructor(path: string, partPath: string, descriptor: number, prefix: Buffer) {
    this.#path = path;
    this.#partPath = partPath;
    this.#descriptor = descriptor;
    this.#prefix = [prefix];
  }

  /** @param prefix - bytes before those that `write` takes; neither hashed nor counted. */
  static create(path: string, prefix: Buffer): DurableFile {
    const partPath = `${path}.${randomBytes(6).toString('hex')}.part`;
    return new DurableFile(path, partPath, openNew(partPath), prefix);
  }

  /** Writes everything a source gives, in large pieces; hashing and receiving go on while one is written. */
  async writeAll(source: { batch(atLeast: number): Promise<Buffer[] | undefined> }): Promise<void> {
    let collected: Buffer[] = this.#prefix;
    let length = 0;
    for (let batch = await source.batch(HASH_LENGTH); batch !== undefined; batch = await source.batch(HASH_LENGTH)) {
      for (const part of batch) {
        this.#hash.update(part);
        length += part.length;
        collected.push(part);
      }
      const isLarge = this.bytes >= LARGE;
      if (length >= (isLarge ? LARGE_WRITE_LENGTH : WRITE_LENGTH) || collected.length >= WRITE_BUFFERS) {
        await this.#startWriting(collected, length, isLarge);
        collected = [];
        length = 0;
      }
    }
    await this.#startWriting(collected, length, false);
    await this.#writing;
  }

  /**
   * Makes the file appear under its name; `synced`: after its bytes are on the disk.
   * @returns the SHA-256 of the bytes taken, hex.
   */
  async finish(durability: 'synced' | 'written'): Promise<string> {
    if (durability === 'synced') await syncAsync(this.#descriptor);
    this.#close();
    renameSync(this.#partPath, this.#path);
    this.#finished = true;
    return this.#hash.digest('hex');
  }

  /** Removes the partial file unless it was finished. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#finished) return;
    await this.#writing.catch(() => undefined);
    this.#close();
    try {
      unlinkSync(this.#partPath);
    } catch {
      // Gone already, or the disk is: nothing more can be done about it here.
    }
  }

  #close(): void {
    if (!this.#open) return;
    this.#open = false;
    closeSync(this.#descriptor);
  }

  /**
   * Settles when the former piece is written and this one is on its way.
   * @param beside - the next piece is received and hashed while this one is written.
   */
  async #startWriting(buffers: readonly Buffer[], length: number, beside: boolean): Promise<void> {
    await this.#writing;
    this.bytes += length;
    this.#writing = this.#write(buffers, beside);
    this.#writing.catch(() => undefined);
  }

  async #write(buffers: readonly Buffer[], beside: boolean): Promise<void> {
    let rest = buffers;
    while (rest.length > 0) {
      rest = withoutLeading(rest, await append(this.#descriptor, rest, beside));
    }
  }
}

/** Creates a file that must not exist, and its folder if that is missing. */
function openNew(path: string): number {
  try {
    return openSync(path, 'wx', 0o600);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    return openSync(path, 'wx', 0o600);
  }
}

function withoutLeading(buffers: readonly Buffer[], length: number): Buffer[] {
  let skip = length;
  const left: Buffer[] = [];
  for (const buffer of buffers) {
    if (skip < buffer.length) left.push(skip === 0 ? buffer : buffer.subarray(skip));
    skip = Math.max(0, skip - buffer.length);
  }
  return left;
}

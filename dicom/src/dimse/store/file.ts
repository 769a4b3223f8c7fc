import { createHash, randomBytes } from 'node:crypto';
import type { Hash } from 'node:crypto';
import { mkdir, open, rename, unlink } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Bytes collected for one write. */
const WRITE_LENGTH = 512 * 1024;

/**
 * A file that appears under its name only when it is complete and durable: written as `<path>.<random>.part` beside it, fsynced,
 * renamed. Errors are the system's (`ENOSPC`, `EACCES` …).
 */
export class DurableFile implements AsyncDisposable {
  /** Bytes taken by `write`. */
  bytes = 0;
  readonly #path: string;
  readonly #partPath: string;
  readonly #handle: FileHandle;
  readonly #hash: Hash = createHash('sha256');
  #prefix: Buffer | undefined;
  #finished = false;

  private constructor(path: string, partPath: string, handle: FileHandle, prefix: Buffer) {
    this.#path = path;
    this.#partPath = partPath;
    this.#handle = handle;
    this.#prefix = prefix;
  }

  /** @param prefix - bytes before those that `write` takes; neither hashed nor counted. */
  static async create(path: string, prefix: Buffer): Promise<DurableFile> {
    const partPath = `${path}.${randomBytes(6).toString('hex')}.part`;
    const handle = await open(partPath, 'wx', 0o600).catch(async (error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
      await mkdir(dirname(path), { recursive: true, mode: 0o700 });
      return open(partPath, 'wx', 0o600);
    });
    return new DurableFile(path, partPath, handle, prefix);
  }

  /** Writes everything a source gives, in large pieces. */
  async writeAll(source: { batch(atLeast: number): Promise<Buffer[] | undefined> }): Promise<void> {
    for (let batch = await source.batch(WRITE_LENGTH); batch !== undefined; batch = await source.batch(WRITE_LENGTH)) {
      for (const part of batch) {
        this.#hash.update(part);
        this.bytes += part.length;
      }
      await this.#write(batch);
    }
    await this.#write([]);
  }

  /** Makes the file durable under its name. @returns the SHA-256 of the bytes taken, hex. */
  async finish(): Promise<string> {
    await this.#handle.sync();
    await this.#handle.close();
    await rename(this.#partPath, this.#path);
    this.#finished = true;
    return this.#hash.digest('hex');
  }

  /** Removes the partial file unless it was finished. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#finished) return;
    await this.#handle.close().catch(() => undefined);
    await unlink(this.#partPath).catch(() => undefined);
  }

  async #write(batch: Buffer[]): Promise<void> {
    let rest = this.#prefix === undefined ? batch : [this.#prefix, ...batch];
    this.#prefix = undefined;
    while (rest.length > 0) {
      const { bytesWritten } = await this.#handle.writev(rest);
      rest = withoutLeading(rest, bytesWritten);
    }
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

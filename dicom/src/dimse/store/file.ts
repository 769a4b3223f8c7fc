import { createHash, randomBytes } from 'node:crypto';
import type { Hash } from 'node:crypto';
import { closeSync, fsync, mkdirSync, openSync, renameSync, unlinkSync } from 'node:fs';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { append } from '../../disk.ts';
import type { Placement } from '../types.ts';

/** Bytes that are hashed and written at a time. */
const BLOCK_LENGTH = 256 * 1024;
/** Blocks that are kept for the files to come. */
const MOST_KEPT = 8;
const keptBlocks: Buffer[] = [];
/** Partial files have names that no other process and no other file of this one has. */
const OURS = randomBytes(6).toString('hex');
let parts = 0;

const syncAsync = promisify(fsync);

/**
 * A file that appears under its name only when it is complete and durable: written as `<path>.<unique>.part` beside it, or into a spare
 * file, fsynced, renamed. Errors are the system's (`ENOSPC`, `EACCES` …).
 */
export class DurableFile implements AsyncDisposable {
  /** Bytes taken by `write`. */
  bytes = 0;
  readonly #path: string;
  readonly #partPath: string;
  readonly #descriptor: number;
  readonly #hash: Hash | undefined;
  readonly #block: Buffer = keptBlocks.pop() ?? Buffer.allocUnsafeSlow(BLOCK_LENGTH);
  /** Bytes in the block, and how many of them are those of the prefix. */
  #filled: number;
  #prefixed: number;
  #writing: Promise<void> | undefined;
  #open = true;
  #finished = false;
  #disposed = false;

  private constructor(path: string, partPath: string, descriptor: number, prefix: Buffer, hashed: boolean) {
    this.#path = path;
    this.#partPath = partPath;
    this.#descriptor = descriptor;
    this.#hash = hashed ? createHash('sha256') : undefined;
    this.#prefixed = this.#filled = prefix.copy(this.#block);
  }

  /**
   * @param place - its path, and the spare file that is used if it is still there.
   * @param prefix - bytes before those that `write` takes, 64 KB at most; neither hashed nor counted.
   * @param hashed - whether `finish` is to tell the SHA-256.
   */
  static create({ path, spare }: Placement, prefix: Buffer, hashed = true): DurableFile {
    const reused = spare === undefined ? undefined : openSpare(spare);
    if (spare !== undefined && reused !== undefined) return new DurableFile(path, spare, reused, prefix, hashed);
    const partPath = `${path}.${OURS}-${(parts += 1)}.part`;
    return new DurableFile(path, partPath, openNew(partPath), prefix, hashed);
  }

  /**
   * Takes bytes, which may change as soon as it returns. One call at a time.
   * @returns a promise when the disk is slow: the next call has to wait for it.
   */
  write(bytes: Buffer): Promise<void> | undefined {
    const taken = bytes.copy(this.#block, this.#filled);
    this.#filled += taken;
    this.bytes += taken;
    if (this.#filled < this.#block.length) return undefined;
    const writing = this.#flush();
    if (taken === bytes.length) return writing;
    if (writing === undefined) return this.write(bytes.subarray(taken));
    const rest = Buffer.from(bytes.subarray(taken));
    return writing.then(() => this.write(rest));
  }

  /**
   * Makes the file appear under its name; `synced`: after its bytes are on the disk.
   * @returns the SHA-256 of the bytes taken, hex, if they were hashed.
   */
  async finish(durability: 'synced' | 'written'): Promise<string> {
    await this.#flush();
    if (durability === 'synced') await syncAsync(this.#descriptor);
    this.#close();
    renameSync(this.#partPath, this.#path);
    this.#finished = true;
    return this.#hash?.digest('hex') ?? '';
  }

  /** Removes the partial file unless it was finished. */
  async [Symbol.asyncDispose](): Promise<void> {
    // Given back twice, the block would serve two files at once.
    if (this.#disposed) return;
    this.#disposed = true;
    await this.#writing?.catch(() => undefined);
    if (keptBlocks.length < MOST_KEPT) keptBlocks.push(this.#block);
    if (this.#finished) return;
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

  /** Writes what the block holds. */
  #flush(): Promise<void> | undefined {
    const bytes = this.#block.subarray(0, this.#filled);
    this.#hash?.update(bytes.subarray(this.#prefixed));
    this.#filled = this.#prefixed = 0;
    this.#writing = append(this.#descriptor, bytes);
    return this.#writing;
  }
}

/** Opens an empty file; undefined when it is gone. */
function openSpare(path: string): number | undefined {
  try {
    return openSync(path, 'r+');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
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

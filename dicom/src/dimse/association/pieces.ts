import { closeSync, openSync } from 'node:fs';
import { readAt } from '../../disk.ts';
import { DimseError } from '../errors.ts';
import type { DataSetPiece } from '../types.ts';

/** Reads the pieces of a data set one after the other into given buffers, without a copy where a piece lies in a file. */
export class PieceReader implements Disposable {
  /** Bytes of all pieces. */
  readonly length: number;
  readonly #pieces: readonly DataSetPiece[];
  readonly #files: ReadonlyMap<string, number>;
  #index = 0;
  /** Bytes of the current piece that were read. */
  #offset = 0;

  private constructor(pieces: readonly DataSetPiece[], files: ReadonlyMap<string, number>) {
    this.#pieces = pieces;
    this.#files = files;
    this.length = pieces.reduce((sum, piece) => sum + lengthOf(piece), 0);
  }

  /**
   * Opens every file that the pieces name, so that a missing one is known before anything is sent.
   * @throws DimseError `instance-broken`
   */
  static open(pieces: readonly DataSetPiece[]): PieceReader {
    const files = new Map<string, number>();
    try {
      for (const piece of pieces) {
        if ('path' in piece && !files.has(piece.path)) files.set(piece.path, openSync(piece.path, 'r'));
      }
      return new PieceReader(pieces, files);
    } catch (error) {
      closeAll(files);
      throw broken(error);
    }
  }

  /**
   * Fills all targets with the next bytes.
   * @throws DimseError `instance-broken` when a file has fewer bytes than its piece says
   */
  async fill(targets: readonly Buffer[]): Promise<void> {
    let rest = targets.filter((target) => target.length > 0);
    while (rest.length > 0) {
      const piece = this.#pieces[this.#index];
      if (piece === undefined) throw new DimseError('instance-broken', { code: 'short' });
      const left = lengthOf(piece) - this.#offset;
      if (left === 0) {
        this.#index += 1;
        this.#offset = 0;
        continue;
      }
      const read = 'path' in piece ? await this.#readFile(piece, rest, left) : this.#copy(piece, rest, left);
      this.#offset += read;
      rest = without(rest, read);
    }
  }

  [Symbol.dispose](): void {
    closeAll(this.#files);
  }

  #copy(piece: Uint8Array, targets: readonly Buffer[], left: number): number {
    let copied = 0;
    for (const target of first(targets, left)) {
      target.set(piece.subarray(this.#offset + copied, this.#offset + copied + target.length));
      copied += target.length;
    }
    return copied;
  }

  async #readFile(piece: { path: string; start: number }, targets: readonly Buffer[], left: number): Promise<number> {
    const descriptor = this.#files.get(piece.path);
    if (descriptor === undefined) throw new DimseError('instance-broken', { code: 'closed' });
    const bytesRead = await readAt(descriptor, first(targets, left), piece.start + this.#offset).catch(
      (error: unknown) => Promise.reject(broken(error)),
    );
    if (bytesRead === 0) throw new DimseError('instance-broken', { code: 'truncated' });
    return bytesRead;
  }
}

function lengthOf(piece: DataSetPiece): number {
  return 'path' in piece ? Math.max(0, piece.end - piece.start) : piece.length;
}

/** The leading `length` bytes of a list of buffers, as views. */
function first(buffers: readonly Buffer[], length: number): Buffer[] {
  const views: Buffer[] = [];
  let left = length;
  for (const buffer of buffers) {
    if (left === 0) break;
    const view = buffer.subarray(0, left);
    views.push(view);
    left -= view.length;
  }
  return views;
}

/** A list of buffers without its leading `length` bytes, as views. */
function without(buffers: readonly Buffer[], length: number): Buffer[] {
  let skip = length;
  const views: Buffer[] = [];
  for (const buffer of buffers) {
    const view = buffer.subarray(skip);
    skip = Math.max(0, skip - buffer.length);
    if (view.length > 0) views.push(view);
  }
  return views;
}

function closeAll(files: ReadonlyMap<string, number>): void {
  for (const descriptor of files.values()) closeSync(descriptor);
}

function broken(error: unknown): DimseError {
  if (error instanceof DimseError) return error;
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
  return new DimseError('instance-broken', { code });
}

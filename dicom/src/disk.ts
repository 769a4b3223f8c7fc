import { open, openSync, readv, readvSync, write, writeSync } from 'node:fs';
import { promisify } from 'node:util';

/**
 * Reads and writes of file regions. A local disk answers from and to the page cache in a fraction of the time that a detour over the
 * thread pool takes, so that the work is done in place. When that took too long (a cold or throttled disk, a network share), the pool
 * is used for a while: one slow disk must not hold everything else up.
 */

/** Work in place that takes longer than this is too slow, in ms. */
const SLOW_MS = 10;
/** How long the pool is used then, in ms. */
const AVOIDED_MS = 1_000;

const openAsync = promisify(open);
const readAsync = promisify(readv);
const writeAsync = promisify(write);
let avoidedUntil = 0;

/** Opens a file for reading. @returns its descriptor */
export async function openToRead(path: string): Promise<number> {
  if (performance.now() < avoidedUntil) return openAsync(path, 'r');
  return inPlace(() => openSync(path, 'r'));
}

/** Reads from a position into buffers. @returns bytes read; less than asked for at the end of the file or at the system's will. */
export async function readAt(descriptor: number, buffers: readonly Buffer[], position: number): Promise<number> {
  if (performance.now() >= avoidedUntil) return inPlace(() => readvSync(descriptor, buffers, position));
  const { bytesRead } = await readAsync(descriptor, buffers, position);
  return bytesRead;
}

/** Appends bytes, all of them: undefined when that is done, a promise while the thread pool is at it. */
export function append(descriptor: number, bytes: Buffer): Promise<void> | undefined {
  if (performance.now() < avoidedUntil) return appendBeside(descriptor, bytes);
  const written = inPlace(() => writeSync(descriptor, bytes));
  return written < bytes.length ? append(descriptor, bytes.subarray(written)) : undefined;
}

async function appendBeside(descriptor: number, bytes: Buffer): Promise<void> {
  for (let written = 0; written < bytes.length;) {
    const { bytesWritten } = await writeAsync(descriptor, bytes, written);
    written += bytesWritten;
  }
}

function inPlace(work: () => number): number {
  const start = performance.now();
  const bytes = work();
  const end = performance.now();
  if (end - start > SLOW_MS) avoidedUntil = end + AVOIDED_MS;
  return bytes;
}

import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { PixelFormat } from '@viaduct/deid';
import type { FileRegion } from '@viaduct/dicom/part10';

/** An image of which a picture is wanted; plain data, for a thread. */
export interface PictureWork {
  /** Part 10 file. */
  readonly file: string;
  /** Its pixel data element. */
  readonly bulk: FileRegion;
  readonly transferSyntaxUID: string;
  readonly format: PixelFormat;
}

/**
 * Draws a picture in a thread of its own: decoding many frames takes seconds, in which nobody else would be answered.
 * @returns PNG; null when nobody here can show the image
 * @throws what the disk says; the signal's reason
 */
export async function drawPicture(work: PictureWork, signal: AbortSignal): Promise<Buffer | null> {
  const worker = new Worker(new URL('./pictureThread.ts', import.meta.url), { workerData: work });
  try {
    const [png] = (await once(worker, 'message', { signal })) as [Uint8Array | null];
    return png && Buffer.from(png);
  } finally {
    await worker.terminate();
  }
}

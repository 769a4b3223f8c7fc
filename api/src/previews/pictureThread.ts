import { open } from 'node:fs/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { DeidError, pictureOf } from '@viaduct/deid';
import type { PictureWork } from './picture.ts';

async function draw({ file, bulk, transferSyntaxUID, format }: PictureWork): Promise<Uint8Array | null> {
  await using source = await open(file, 'r');
  const read = async (start: number, end: number) =>
    (await source.read(Buffer.alloc(end - start), 0, end - start, start)).buffer;
  try {
    return await pictureOf(read, bulk, transferSyntaxUID, format);
  } catch (error) {
    if (error instanceof DeidError) return null;
    throw error;
  }
}

parentPort?.postMessage(await draw(workerData as PictureWork));

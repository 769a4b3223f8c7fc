import { type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { type PixelMask, maskPixels } from '@viaduct/deid';
import { type FileRegion, encodeFileMeta } from '@viaduct/dicom/part10';
import { Failure } from '../failure.ts';
import type { Deidentified } from './deidentifier.ts';

const COPY_BYTES = 1024 * 1024;

async function copyRegion(from: string, { start, end }: FileRegion, to: FileHandle): Promise<void> {
  await using source = await open(from, 'r');
  const buffer = Buffer.allocUnsafe(Math.min(COPY_BYTES, end - start));
  for (let at = start; at < end;) {
    const { bytesRead } = await source.read(buffer, 0, Math.min(buffer.length, end - at), at);
    if (bytesRead === 0) throw new Failure('the file became shorter');
    await to.writeFile(buffer.subarray(0, bytesRead));
    at += bytesRead;
  }
}

async function writeMasked(
  from: string,
  region: FileRegion,
  to: FileHandle,
  transferSyntaxUID: string,
  mask: PixelMask,
): Promise<void> {
  await using source = await open(from, 'r');
  const read = async (start: number, end: number): Promise<Buffer> => {
    const { buffer, bytesRead } = await source.read(Buffer.alloc(end - start), 0, end - start, start);
    if (bytesRead < end - start) throw new Failure('the file became shorter');
    return buffer;
  };
  for await (const bytes of maskPixels(read, region, transferSyntaxUID, mask)) await to.writeFile(bytes);
}

/** Writes the data set of a file in its new form, whole or not at all. */
export async function writeInstance(from: string, deidentified: Deidentified, to: string): Promise<void> {
  const { edited, report, meta: outMeta } = deidentified;
  const { meta, header, bulk, trailer } = edited;
  const { pixels } = report;
  await mkdir(path.dirname(to), { recursive: true });
  const unfinished = `${to}.part`;
  try {
    await using file = await open(unfinished, 'w');
    const beginning = encodeFileMeta({
      ...outMeta,
      transferSyntaxUID: pixels.do === 'mask' ? pixels.transferSyntaxUID : outMeta.transferSyntaxUID,
    });
    await file.writeFile(Buffer.concat([beginning, header]));
    if (bulk !== null) {
      if (pixels.do === 'mask') await writeMasked(from, bulk, file, meta.transferSyntaxUID, pixels);
      else await copyRegion(from, bulk, file);
    }
    await file.writeFile(trailer);
  } catch (error) {
    await rm(unfinished, { force: true });
    throw error;
  }
  await rename(unfinished, to);
}

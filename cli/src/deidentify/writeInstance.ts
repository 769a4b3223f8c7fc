import { type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { type FileRegion, encodeFileMeta } from '@viaduct/dicom/part10';
import type { Deidentified } from './deidentifier.ts';

const COPY_BYTES = 1024 * 1024;

async function copyRegion(from: string, { start, end }: FileRegion, to: FileHandle): Promise<void> {
  await using source = await open(from, 'r');
  const buffer = Buffer.allocUnsafe(Math.min(COPY_BYTES, end - start));
  for (let at = start; at < end;) {
    const { bytesRead } = await source.read(buffer, 0, Math.min(buffer.length, end - at), at);
    if (bytesRead === 0) throw new Error('the file became shorter');
    await to.writeFile(buffer.subarray(0, bytesRead));
    at += bytesRead;
  }
}

/** Writes the data set of a file in its new form, whole or not at all. */
export async function writeInstance(from: string, deidentified: Deidentified, to: string): Promise<void> {
  const { edited, sopInstanceUID, sopClassUID } = deidentified;
  const { meta, header, bulk, trailer } = edited;
  await mkdir(path.dirname(to), { recursive: true });
  const unfinished = `${to}.part`;
  try {
    await using file = await open(unfinished, 'w');
    const beginning = encodeFileMeta({
      transferSyntaxUID: meta.transferSyntaxUID,
      sopClassUID: sopClassUID || meta.sopClassUID,
      sopInstanceUID,
    });
    await file.writeFile(Buffer.concat([beginning, header]));
    if (bulk !== null) await copyRegion(from, bulk, file);
    await file.writeFile(trailer);
  } catch (error) {
    await rm(unfinished, { force: true });
    throw error;
  }
  await rename(unfinished, to);
}

import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { readFileMeta } from '@viaduct/dicom/part10';
import { writeStudy } from '@viaduct/testing';

/** A study on disk that is sent, received or asked for. */
export interface BenchStudy {
  readonly folder: string;
  readonly studyInstanceUID: string;
  /** The only series. */
  readonly seriesInstanceUID: string;
  readonly files: readonly string[];
  /** SHA-256 of all data sets, sorted. */
  readonly hashes: readonly string[];
}

/** What the rows of the benchmark move. */
export interface BenchData {
  /** 500 CT of 0.5 MB. */
  readonly ct: BenchStudy;
  /** 4,000 instances of 12 KB. */
  readonly small: BenchStudy;
  /** One multi-frame object of 315 MB. */
  readonly big: BenchStudy;
  /** Folder with 2,000 studies of one small instance. */
  readonly manyStudies: string;
}

/** Writes all data below a folder. @param scale - 1 for the full amounts. */
export async function writeBenchData(folder: string, scale: number): Promise<BenchData> {
  const count = (full: number) => Math.max(1, Math.round(full * scale));
  const multiFrame = { Rows: 512, Columns: 512, NumberOfFrames: String(count(600)) };
  const manyStudies = path.join(folder, 'studies');
  for (let index = 0; index < count(2_000); index += 1) {
    await writeStudy(manyStudies, { label: `find${index}`, patientId: `P${index}`, accessionNumber: `A${index}` });
  }
  return {
    ct: await studyOf(folder, { label: 'ct', instances: count(500), bytesPerInstance: 524_288 }),
    small: await studyOf(folder, { label: 'small', instances: count(4_000), bytesPerInstance: 11_264 }),
    big: await studyOf(folder, { label: 'big', bytesPerInstance: count(600) * 524_288, attributes: multiFrame }),
    manyStudies,
  };
}

async function studyOf(folder: string, options: Parameters<typeof writeStudy>[1]): Promise<BenchStudy> {
  const written = await writeStudy(folder, options);
  const files = written.instances.map((instance) => instance.path);
  const { studyInstanceUID } = written;
  const seriesInstanceUID = written.instances[0]?.seriesInstanceUID ?? '';
  const hashes = await hashesOf(files);
  return { folder: path.join(folder, options.label), studyInstanceUID, seriesInstanceUID, files, hashes };
}

/** SHA-256 of the data sets of files, sorted. */
export async function hashesOf(files: readonly string[]): Promise<string[]> {
  const hashes: string[] = [];
  for (const file of files) {
    const { dataSetOffset } = await readFileMeta(file);
    const hash = createHash('sha256');
    for await (const chunk of createReadStream(file, { start: dataSetOffset, highWaterMark: 1 << 20 })) {
      hash.update(chunk as Buffer);
    }
    hashes.push(hash.digest('hex'));
  }
  return hashes.toSorted();
}

/** @throws Error unless a folder holds exactly the data sets of a study. */
export async function demandSame(folder: string, study: BenchStudy): Promise<void> {
  const files = (await readdir(folder)).map((name) => path.join(folder, name));
  const hashes = await hashesOf(files);
  if (hashes.join() !== study.hashes.join()) throw new Error(`${files.length} files differ from what was sent`);
}

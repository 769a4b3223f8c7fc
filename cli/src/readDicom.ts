import { open } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';
import type { Tag } from '@viaduct/dicom/dictionary';
import {
  decodeDataSet,
  editFile,
  EXPLICIT_VR_LITTLE_ENDIAN,
  isBigEndian,
  isExplicit,
  readFileMeta,
  type DataSet,
} from '@viaduct/dicom/part10';

/** Pixel data, of which only the place is known. Offsets and lengths in bytes of the file, the element's header included. */
export interface Bulk {
  readonly tag: Tag;
  readonly vr: string;
  readonly offset: number;
  readonly length: number;
  /** The same as a URI: `file:///…?offset=…&length=…` */
  readonly uri: string;
}

/** A DICOM file as `dump` shows it. */
export interface DicomFile {
  readonly meta: DataSet;
  readonly dataSet: DataSet;
  readonly bulk: Bulk | undefined;
}

async function bytesOf(path: string, start: number, length: number): Promise<Buffer> {
  await using file = await open(path, 'r');
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, start);
  return buffer.subarray(0, bytesRead);
}

async function bulkOf(path: string, syntax: string, start: number, end: number): Promise<Bulk> {
  const header = await bytesOf(path, start, 6);
  const [group, element] = isBigEndian(syntax)
    ? [header.readUInt16BE(0), header.readUInt16BE(2)]
    : [header.readUInt16LE(0), header.readUInt16LE(2)];
  const uri = `${pathToFileURL(path).href}?offset=${start}&length=${end - start}`;
  const vr = isExplicit(syntax) ? header.toString('latin1', 4, 6) : 'OW';
  return { tag: group * 0x10000 + element, vr, offset: start, length: end - start, uri };
}

/** Reads all of a file but its pixel data. @throws Part10Error */
export async function readDicom(path: string): Promise<DicomFile> {
  const { metaOffset, dataSetOffset } = await readFileMeta(path);
  const meta = await bytesOf(path, metaOffset, dataSetOffset - metaOffset);
  const { header, trailer, bulk, transferSyntaxUID } = await editFile(path, { visit: () => 'keep' });
  return {
    meta: decodeDataSet(meta, EXPLICIT_VR_LITTLE_ENDIAN),
    dataSet: decodeDataSet(trailer.length > 0 ? Buffer.concat([header, trailer]) : header, transferSyntaxUID),
    bulk: bulk === null ? undefined : await bulkOf(path, transferSyntaxUID, bulk.start, bulk.end),
  };
}

import type { Tag } from '../dictionary/index.ts';
import { readBeginning } from './beginning.ts';
import { inflateLater } from './decode.ts';
import type { FileMeta } from './fileMeta.ts';
import { type OpenFile, withFile } from './openFile.ts';
import { elementsOf } from './listFacts.ts';
import { type ByteSource, type FileRegion, FileSource, WINDOW_BYTES, memorySource } from './source.ts';
import { type TransferSyntax, transferSyntaxOf } from './transferSyntaxes.ts';
import { swapped } from './valueRepresentations.ts';

/** An element that was read, numbers in little endian. */
export interface ReadElement {
  readonly tag: Tag;
  readonly vr: string;
  readonly value: Buffer;
}

/** The data set of an open file, ready to be scanned. */
export interface OpenedDataSet {
  readonly meta: FileMeta;
  readonly syntax: TransferSyntax;
  /** The file, or what its deflated data set was inflated to. */
  readonly source: ByteSource;
  /** Offset of the data set in the source. */
  readonly start: number;
  /** Where the data set is in the file. */
  readonly region: FileRegion;
  /** The data set as it is in the file, where it is deflated. */
  readonly deflated?: Buffer;
}

/** Opens the data set of a file; a deflated one is inflated in memory. */
export async function openDataSet(file: OpenFile): Promise<OpenedDataSet> {
  const { meta, dataSetOffset, beginning } = await readBeginning(file, WINDOW_BYTES);
  const syntax = transferSyntaxOf(meta.transferSyntaxUID);
  const source = new FileSource(file, beginning);
  const region = { start: dataSetOffset, end: file.size };
  if (!syntax.deflated) return { meta, syntax, source, start: dataSetOffset, region };
  const deflated = await source.read(dataSetOffset, file.size);
  return { meta, syntax, source: memorySource(await inflateLater(deflated)), start: 0, region, deflated };
}

/**
 * Reads top-level elements of a file, no more of it than they need. Absent ones are missing in the map. Sequences come encoded.
 * @throws Part10Error; the signal's reason
 */
export async function readAttributes(
  path: string,
  tags: readonly Tag[],
  options: { readonly signal?: AbortSignal } = {},
): Promise<Map<Tag, ReadElement>> {
  return withFile(path, async (file) => {
    options.signal?.throwIfAborted();
    const { source, start, syntax } = await openDataSet(file);
    const elements = await elementsOf(source, start, syntax, Math.max(...tags), options.signal);
    const found = new Map<Tag, ReadElement>();
    for (const tag of tags) {
      const element = elements.get(tag);
      if (element === undefined) continue;
      const { header, valueEnd, isBigEndian } = element;
      const raw = await source.read(header.valueStart, valueEnd);
      found.set(tag, { tag, vr: header.vr, value: isBigEndian === true ? swapped(raw, header.vr) : raw });
    }
    return found;
  });
}

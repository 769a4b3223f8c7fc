import { Part10Error } from './errors.ts';
import { type FileMeta, type FoundMeta, decodeGroup2, group2Offset } from './fileMeta.ts';
import { guessMeta } from './guess.ts';
import { type OpenFile, withFile } from './openFile.ts';

/** Where the data set of a file is. Offsets and sizes in bytes. */
export interface Part10File {
  readonly meta: FileMeta;
  /** Where the elements of group 2 begin; the same as `dataSetOffset` when the file has none. */
  readonly metaOffset: number;
  readonly dataSetOffset: number;
  readonly fileSize: number;
}

/** File meta information is some hundred bytes; private information in it may be more. */
const META_WINDOW_BYTES = 4096;
/** Longest file meta information that is read, in bytes. */
export const MAX_META_BYTES = 16 * 1024 * 1024;

/**
 * Finds out how a data set is written from the first bytes of what carries it: from file meta information with or without a preamble, or,
 * where there is none or no transfer syntax in it, from the data set itself.
 * @param size - offset behind the last byte; Infinity while that is not known
 * @throws Part10Error `truncated` when more bytes are needed, `not-part10`, `malformed`, `transfer-syntax-missing`
 */
export function decodeBeginning(bytes: Buffer, size: number): FoundMeta {
  const offset = group2Offset(bytes);
  const found = decodeGroup2(bytes, offset ?? 0);
  if (found.meta.transferSyntaxUID !== '') return found;
  const guessed = guessMeta(bytes, found.dataSetOffset, size);
  if (guessed === undefined) throw new Part10Error(offset === undefined ? 'not-part10' : 'transfer-syntax-missing');
  return { ...found, meta: { ...guessed, ...withoutEmpty(found.meta) } };
}

function withoutEmpty(meta: FileMeta): Partial<FileMeta> {
  return Object.fromEntries(Object.entries(meta).filter(([, uid]) => uid !== ''));
}

/** The beginning of a file, with as many bytes as its file meta information needs. */
export async function readBeginning(
  file: OpenFile,
  window = META_WINDOW_BYTES,
): Promise<FoundMeta & { beginning: Buffer }> {
  const { size } = file;
  for (let bytes = Math.min(window, size); ; bytes = Math.min(bytes * 4, size)) {
    const beginning = await file.read(0, bytes);
    try {
      const found = decodeBeginning(beginning, size);
      if (found.dataSetOffset + 8 <= bytes || bytes === size) return { ...found, beginning };
    } catch (error) {
      const needsMore = error instanceof Part10Error && error.reason === 'truncated' && bytes < size;
      if (!needsMore || bytes >= MAX_META_BYTES) throw error;
    }
  }
}

/**
 * Reads the file meta information of a Part 10 file and nothing else of it. What it lacks is taken from the data set, if that can be read
 * without it.
 * @throws Part10Error `unreadable`, `not-part10`, `truncated`, `malformed`, `transfer-syntax-missing`
 */
export async function readFileMeta(path: string): Promise<Part10File> {
  return withFile(path, async (file) => {
    const { meta, metaOffset, dataSetOffset } = await readBeginning(file);
    return { meta, metaOffset, dataSetOffset, fileSize: file.size };
  });
}

import { tagOf } from '@viaduct/dicom/dictionary';
import type { OutgoingInstance } from '@viaduct/dicom/dimse';
import { Part10Error, readFileMeta, uidText, walkFile } from '@viaduct/dicom/part10';
import { Failure } from './failure.ts';
import type { NamedFile } from './files.ts';

/** An instance and the file that it is in. */
export interface OutgoingFile extends OutgoingInstance {
  readonly path: string;
}

const MEDIA_STORAGE_DIRECTORY = '1.2.840.10008.1.3.10';
const SOP_CLASS = tagOf('SOPClassUID');
const SOP_INSTANCE = tagOf('SOPInstanceUID');
const UID_BYTES = 64;

/** Walks a data set to its end. @returns its own SOP Class and Instance UID by tag */
async function ownUids(path: string): Promise<ReadonlyMap<number, string>> {
  const uids = new Map<number, string>();
  for await (const token of walkFile(path, { maxValueBytes: UID_BYTES })) {
    if (token.kind !== 'value' || token.depth > 0 || token.value === undefined) continue;
    const { tag } = token.header;
    if (tag === SOP_CLASS || tag === SOP_INSTANCE) uids.set(tag, uidText(token.value));
  }
  return uids;
}

/**
 * Reads what a C-STORE needs of a file, and walks its data set to the end: half a file is found before a byte is sent.
 * @returns undefined for what lies about in folders and is no instance: files that are not DICOM, DICOMDIR
 * @throws Part10Error, Failure
 */
export async function outgoingFile({ path, isNamed }: NamedFile): Promise<OutgoingFile | undefined> {
  try {
    const { meta, dataSetOffset, fileSize } = await readFileMeta(path);
    if (meta.sopClassUID === MEDIA_STORAGE_DIRECTORY && !isNamed) return undefined;
    const own = await ownUids(path);
    const sopClassUID = own.get(SOP_CLASS) || meta.sopClassUID;
    const sopInstanceUID = own.get(SOP_INSTANCE) || meta.sopInstanceUID;
    if (sopClassUID === '' || sopInstanceUID === '') throw new Failure('names no SOP class or instance');
    const { transferSyntaxUID } = meta;
    const dataSet = [{ path, start: dataSetOffset, end: fileSize }];
    return { path, sopClassUID, sopInstanceUID, transferSyntaxUID, dataSet };
  } catch (error) {
    if (!isNamed && error instanceof Part10Error && error.reason === 'not-part10') return undefined;
    throw error;
  }
}

/** Most presentation contexts of an association (PS3.8 §9.3.2.2). */
const MAX_CONTEXTS = 128;

/** Groups instances so that each group needs at most 128 presentation contexts, one per SOP class and transfer syntax. */
export function batches(files: readonly OutgoingFile[]): OutgoingFile[][] {
  const byContext = Map.groupBy(files, ({ sopClassUID, transferSyntaxUID }) => `${sopClassUID} ${transferSyntaxUID}`);
  const groups = [...byContext.values()];
  const count = Math.ceil(groups.length / MAX_CONTEXTS);
  return Array.from({ length: count }, (_, index) =>
    groups.slice(index * MAX_CONTEXTS, (index + 1) * MAX_CONTEXTS).flat(),
  );
}

import { deflateRawSync } from 'node:zlib';
import type { Tag } from '../dictionary/index.ts';
import { type Edges, type FileRegion, readEdges } from './edges.ts';
import { editElements } from './edit.ts';
import type { DataSetFacts, EditorSource } from './editor.ts';
import { type FileMeta, withFile } from './fileMeta.ts';
import { ScannedList } from './listFacts.ts';
import { padded, swapped } from './valueRepresentations.ts';

/** The result of an edit: header, then the bulk region of the original file, then trailer are the new data set. */
export interface EditedFile<Report = unknown> {
  /** File meta information of the original. */
  readonly meta: FileMeta;
  readonly transferSyntaxUID: string;
  /** The data set up to the bulk region; all of it when there is none. Without file meta information. */
  readonly header: Buffer;
  /** Region of the original file that follows unchanged: the pixel data element with its own header. */
  readonly bulk: FileRegion | null;
  /** What follows the bulk region; nearly always empty (trailing padding, digital signatures). */
  readonly trailer: Buffer;
  /** Whether any byte differs from the original data set. */
  readonly isChanged: boolean;
  /** What the editor reports. */
  readonly report: Report | undefined;
}

/** An element that was read, numbers in little endian. */
export interface ReadElement {
  readonly tag: Tag;
  readonly vr: string;
  readonly value: Buffer;
}

function factsOf({ bytes, elements, bulk, syntax }: Edges): DataSetFacts {
  const list = new ScannedList(bytes, () => elements);
  return {
    transferSyntaxUID: syntax.uid,
    tags: list.tags,
    specificCharacterSet: list.specificCharacterSet,
    has: (tag) => list.has(tag) || bulk?.tag === tag,
    text: (...path) => list.text(...path),
  };
}

/**
 * Edits the data set of a Part 10 file. Nothing is written; pixel data is not read. Elements that the editor keeps keep their bytes.
 * A deflated data set is inflated and deflated again in memory (at most MAX_INFLATED_BYTES) and comes back whole as header.
 * @throws Part10Error; what the editor throws; the signal's reason
 */
export async function editFile<Report>(
  path: string,
  source: EditorSource<Report>,
  options: { readonly signal?: AbortSignal } = {},
): Promise<EditedFile<Report>> {
  return withFile(path, async (file, size) => {
    options.signal?.throwIfAborted();
    const edges = await readEdges(file, size);
    options.signal?.throwIfAborted();
    const { meta, syntax, bytes, bulk } = edges;
    const editor = typeof source === 'function' ? source(factsOf(edges)) : source;
    const edited = editElements(bytes, edges.elements, bulk, syntax, editor);
    const common = {
      meta,
      transferSyntaxUID: meta.transferSyntaxUID,
      bulk: bulk === null ? null : { start: bulk.start, end: bulk.end },
      isChanged: edited.isChanged,
      report: editor.report,
    };
    if (!edited.isChanged) {
      const original = edges.deflated ?? bytes;
      const splitAt = bulk?.splitAt ?? original.length;
      return { ...common, header: original.subarray(0, splitAt), trailer: original.subarray(splitAt) };
    }
    const header = syntax.deflated ? padded(deflateRawSync(edited.before), 'OB') : edited.before;
    return { ...common, header, trailer: edited.after };
  });
}

/**
 * Reads top-level elements of a file, no more of it than they need. Absent ones are missing in the map.
 * @throws Part10Error; the signal's reason
 */
export async function readAttributes(
  path: string,
  tags: readonly Tag[],
  options: { readonly signal?: AbortSignal } = {},
): Promise<Map<Tag, ReadElement>> {
  return withFile(path, async (file, size) => {
    options.signal?.throwIfAborted();
    const wanted = new Set(tags);
    const { bytes, elements, syntax } = await readEdges(file, size, Math.max(...tags));
    const found = elements.filter(({ header }) => wanted.has(header.tag));
    return new Map(
      found.map(({ header, valueEnd }) => {
        const raw = bytes.subarray(header.valueStart, valueEnd);
        const isSwapped = syntax.bigEndian && header.writtenVr !== 'UN';
        const value = isSwapped ? swapped(raw, header.vr) : raw;
        return [header.tag, { tag: header.tag, vr: header.vr, value }];
      }),
    );
  });
}

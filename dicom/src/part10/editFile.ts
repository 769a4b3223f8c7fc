import { promisify } from 'node:util';
import { deflateRaw } from 'node:zlib';
import { openDataSet } from './dataSetFile.ts';
import { EditRun } from './edit.ts';
import type { DataSetFacts, EditorSource } from './editor.ts';
import { Part10Error } from './errors.ts';
import type { FileMeta } from './fileMeta.ts';
import { ElementList, elementsOf } from './listFacts.ts';
import { OpenFile, fileError, withFile } from './openFile.ts';
import { type Piece, lengthOf } from './pieces.ts';
import { Scanner } from './scanner.ts';
import { type ByteSource, type FileRegion, MAX_HELD_BYTES, scan } from './source.ts';
import { padded } from './valueRepresentations.ts';

const deflateLater = promisify(deflateRaw);

/** The result of an edit: header, then the bulk region of the original file, then trailer are the new data set. */
export interface EditedFile<Report = unknown> {
  /** File meta information of the original. */
  readonly meta: FileMeta;
  readonly transferSyntaxUID: string;
  /** Where the original data set is in its file. */
  readonly dataSet: FileRegion;
  /** The data set up to the bulk region; all of it when there is none. Without file meta information. */
  readonly header: Buffer;
  /**
   * Region of the original file that follows unchanged, one element of the top level with its own header: the pixel data or, in objects
   * without, the largest element that stays (a document). Null when all is small or the data set is deflated.
   */
  readonly bulk: FileRegion | null;
  /** What follows the bulk region; nearly always empty (trailing padding, digital signatures). */
  readonly trailer: Buffer;
  /** Whether any byte differs from the original data set. */
  readonly isChanged: boolean;
  /** What the editor reports. */
  readonly report: Report | undefined;
}

function factsOf(list: ElementList, transferSyntaxUID: string): DataSetFacts {
  return {
    transferSyntaxUID,
    tags: list.tags,
    specificCharacterSet: list.specificCharacterSet,
    has: (tag) => list.has(tag),
    text: (...path) => list.text(...path),
    numbers: (tag) => list.numbers(tag),
    items: (tag) => list.items(tag),
  };
}

/** Pieces as bytes in memory; regions that follow each other are read at once. */
async function joined(source: ByteSource, pieces: readonly Piece[]): Promise<Buffer> {
  const length = pieces.reduce((sum, piece) => sum + lengthOf(piece), 0);
  if (length > MAX_HELD_BYTES) throw new Part10Error('too-large', { bytes: length });
  const parts: Buffer[] = [];
  for (let at = 0; at < pieces.length;) {
    const piece = pieces[at++] as Piece;
    if (Buffer.isBuffer(piece)) {
      parts.push(piece);
      continue;
    }
    let { end } = piece;
    for (
      let next = pieces[at];
      next !== undefined && !Buffer.isBuffer(next) && next.start === end;
      next = pieces[++at]
    ) {
      ({ end } = next);
    }
    parts.push(await source.read(piece.start, end));
  }
  return parts.length === 1 && parts[0] !== undefined ? parts[0] : Buffer.concat(parts);
}

/** Splits pieces at a region that one of them holds. */
function splitAt(pieces: readonly Piece[], bulk: FileRegion | null): [before: Piece[], after: Piece[]] {
  const holds = (piece: Piece): piece is FileRegion =>
    !Buffer.isBuffer(piece) && bulk !== null && piece.start <= bulk.start && bulk.end <= piece.end;
  const at = pieces.findIndex(holds);
  const holder = pieces[at];
  if (bulk === null || holder === undefined || Buffer.isBuffer(holder)) return [[...pieces], []];
  return [
    [...pieces.slice(0, at), { start: holder.start, end: bulk.start }],
    [{ start: bulk.end, end: holder.end }, ...pieces.slice(at + 1)],
  ];
}

/**
 * Edits the data set of a Part 10 file. Nothing is written; values are read only where the editor asks for them. Elements that the editor
 * keeps keep their bytes. Header and trailer are at most MAX_HELD_BYTES. A deflated data set is inflated and deflated again in memory (at
 * most MAX_INFLATED_BYTES) and comes back whole as header.
 * @throws Part10Error; what the editor throws; the signal's reason
 */
export async function editFile<Report>(
  path: string,
  editorSource: EditorSource<Report>,
  options: { readonly signal?: AbortSignal } = {},
): Promise<EditedFile<Report>> {
  const { signal } = options;
  return withFile(path, async (file) => {
    signal?.throwIfAborted();
    const opened = await openDataSet(file);
    const { meta, syntax, source, start, region } = opened;
    const elements = await elementsOf(source, start, syntax, Infinity, signal);
    const list = new ElementList(source, () => elements);
    const editor = typeof editorSource === 'function' ? editorSource(factsOf(list, syntax.uid)) : editorSource;
    const scanner = new Scanner({ at: start, encoding: syntax }, source.size);
    const run = new EditRun(source, scanner, { encoding: syntax, facts: list }, editor);
    await scan(source, scanner, (token) => run.take(token), signal);
    run.finish();
    signal?.throwIfAborted();
    const { isChanged } = run.pieces;
    const { transferSyntaxUID } = meta;
    const common = { meta, transferSyntaxUID, dataSet: region, isChanged, report: editor.report };
    const { deflated } = opened;
    if (deflated !== undefined) {
      const header = isChanged ? padded(await deflateLater(await joined(source, run.pieces.all())), 'OB') : deflated;
      return { ...common, header, bulk: null, trailer: Buffer.alloc(0) };
    }
    const bulk = run.bulk ?? null;
    const [before, after] = splitAt(run.pieces.all(), bulk);
    return { ...common, header: await joined(source, before), bulk, trailer: await joined(source, after) };
  });
}

/**
 * The bytes of an edited data set, in order, without file meta information. The bulk region is read from the original file, a piece at a
 * time and into the same memory, so a chunk must be used up before the next is asked for.
 * @param path - of the file that was edited
 * @throws Part10Error `unreadable`, `truncated`; the signal's reason
 */
export async function* editedBytes(
  path: string,
  { header, bulk, trailer }: EditedFile,
  options: { readonly signal?: AbortSignal } = {},
): AsyncGenerator<Buffer> {
  if (header.length > 0) yield header;
  if (bulk !== null) yield* fileBytes(path, bulk, options);
  if (trailer.length > 0) yield trailer;
}

/**
 * The bytes of a region of a file, a piece at a time and into the same memory, as those of `editedBytes`.
 * @throws Part10Error `unreadable`, `truncated`; the signal's reason
 */
export async function* fileBytes(
  path: string,
  { start, end }: FileRegion,
  { signal }: { readonly signal?: AbortSignal } = {},
): AsyncGenerator<Buffer> {
  try {
    using file = await OpenFile.open(path);
    for await (const chunk of file.chunks(start, end)) {
      signal?.throwIfAborted();
      yield chunk;
    }
  } catch (error) {
    throw fileError(error);
  }
}

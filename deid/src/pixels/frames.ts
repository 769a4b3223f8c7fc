import { DeidError } from '../errors.ts';

/** Bytes [start, end) of the file. */
export type ReadBytes = (start: number, end: number) => Promise<Buffer>;

/** Region of a file, in bytes from its beginning, end excluded. */
export interface Region {
  readonly start: number;
  readonly end: number;
}

const ITEM_HEADER_BYTES = 8;
/** Tag, VR, two bytes and the undefined length of encapsulated pixel data (PS3.5 §A.4). */
const ELEMENT_HEADER_BYTES = 12;
const ITEM = 0xe000fffe;

/** Where the fragments are, the Basic Offset Table first. Only their headers are read. */
async function fragmentsOf(read: ReadBytes, { start, end }: Region): Promise<Region[]> {
  const fragments: Region[] = [];
  for (let at = start + ELEMENT_HEADER_BYTES; at + ITEM_HEADER_BYTES <= end;) {
    const header = await read(at, at + ITEM_HEADER_BYTES);
    if (header.readUInt32LE(0) !== ITEM) break;
    const fragment = { start: at + ITEM_HEADER_BYTES, end: at + ITEM_HEADER_BYTES + header.readUInt32LE(4) };
    fragments.push(fragment);
    at = fragment.end;
  }
  return fragments;
}

/** Fragments by frame, from the offsets of the table: each counts from the first fragment's header. */
function byOffsets(fragments: readonly Region[], offsets: readonly number[]): Region[][] {
  const first = (fragments[0]?.start ?? 0) - ITEM_HEADER_BYTES;
  return offsets.map((offset, at) => {
    const next = offsets[at + 1] ?? Infinity;
    return fragments.filter((fragment) => {
      const place = fragment.start - ITEM_HEADER_BYTES - first;
      return place >= offset && place < next;
    });
  });
}

/** Fragments by frame, where each frame's first fragment begins as JPEG and JPEG 2000 do (PS3.5 §A.4: a frame begins with a fragment). */
async function byMarkers(read: ReadBytes, fragments: readonly Region[]): Promise<Region[][]> {
  const frames: Region[][] = [];
  for (const fragment of fragments) {
    const beginning = await read(fragment.start, Math.min(fragment.end, fragment.start + 4));
    const isFirst =
      beginning.readUInt16BE(0) === 0xffd8 || (beginning.length === 4 && beginning.readUInt32BE(0) === 0xff4fff51);
    if (isFirst || frames.length === 0) frames.push([]);
    frames.at(-1)?.push(fragment);
  }
  return frames;
}

/**
 * The compressed frames of encapsulated pixel data, one after the other.
 * @param element the pixel data element with its header
 * @throws DeidError `pixels-not-maskable` when fragments cannot be told apart by frame
 */
export async function* compressedFrames(read: ReadBytes, element: Region, count: number): AsyncGenerator<Buffer> {
  const [table, ...fragments] = await fragmentsOf(read, element);
  if (table === undefined) throw new DeidError('pixels-not-maskable');
  const bytes = await read(table.start, table.end);
  const offsets = Array.from({ length: bytes.length >> 2 }, (_, at) => bytes.readUInt32LE(at * 4));
  const frames =
    count === 1
      ? [fragments]
      : offsets.length === count
        ? byOffsets(fragments, offsets)
        : fragments.length === count
          ? fragments.map((fragment) => [fragment])
          : await byMarkers(read, fragments);
  if (frames.length !== count || frames.some((frame) => frame.length === 0)) throw new DeidError('pixels-not-maskable');
  for (const frame of frames) {
    const parts: Buffer[] = [];
    for (const { start, end } of frame) parts.push(await read(start, end));
    yield Buffer.concat(parts);
  }
}

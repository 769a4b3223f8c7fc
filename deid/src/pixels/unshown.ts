import { type Tag, tagOf } from '@viaduct/dicom/dictionary';
import {
  type DataSetFacts,
  type Editor,
  type Overwritten,
  type PixelEdit,
  type PixelPart,
  type VisitedElement,
} from '@viaduct/dicom/part10';
import { DeidError } from '../errors.ts';
import type { Identity } from '../identity.ts';
import { type Harmless, type Place, besideDeflated, besideJpeg, besideJpeg2000, besideRle } from './codestreams.ts';
import { type Compression, compressionOf } from './compression.ts';
import { isSoftwareComment } from './software.ts';
import { YBR_FULL_422 } from './format.ts';

const PIXEL_DATA = tagOf('PixelData');
const SPECTROSCOPY_DATA = tagOf('SpectroscopyData');
/** Bits of a sample where the attribute says it. */
const FLOAT_BITS: ReadonlyMap<Tag, number> = new Map([
  [tagOf('FloatPixelData'), 32],
  [tagOf('DoubleFloatPixelData'), 64],
]);
const [SOP_CLASS_UID, ROWS, COLUMNS, SAMPLES_PER_PIXEL, BITS_ALLOCATED, NUMBER_OF_FRAMES, PHOTOMETRIC_INTERPRETATION] =
  [
    'SOPClassUID',
    'Rows',
    'Columns',
    'SamplesPerPixel',
    'BitsAllocated',
    'NumberOfFrames',
    'PhotometricInterpretation',
  ].map(tagOf) as [Tag, Tag, Tag, Tag, Tag, Tag, Tag];
const MR_SPECTROSCOPY = '1.2.840.10008.5.1.4.1.1.4.2';
/** Samples for each pixel where pixels share their colours (PS3.3 §C.7.6.3.1.2). */
const SHARED_COLOURS: Readonly<Record<string, number>> = {
  [YBR_FULL_422]: 2,
  YBR_PARTIAL_422: 2,
  YBR_PARTIAL_420: 1.5,
};

const ITEM_HEADER_BYTES = 8;
const OFFSET_BYTES = 4;
const OFFSETS = 2 ** 32;
const CHUNK_BYTES = 1024 * 1024;
/** More than this behind the last frame is no padding but pictures that nobody would see. */
const MOST_BYTES_BEHIND = 1024 * 1024;

const isZero = (bytes: Buffer): boolean => bytes.every((byte) => byte === 0);

/** Bytes that a picture without compression may have, the least first; pixels that share colours are often written as if they did not. */
function pictureBytes(facts: DataSetFacts, tag: Tag): number[] {
  const number = (of: Tag): number => facts.numbers(of)[0] ?? 0;
  const frames = Math.max(1, Math.trunc(Number(facts.text(NUMBER_OF_FRAMES)[0] ?? 1)) || 1);
  const bits = number(ROWS) * number(COLUMNS) * frames * (FLOAT_BITS.get(tag) ?? number(BITS_ALLOCATED));
  const samples = number(SAMPLES_PER_PIXEL) || 1;
  const shared = SHARED_COLOURS[facts.text(PHOTOMETRIC_INTERPRETATION)[0] ?? ''];
  return [...(shared === undefined ? [] : [shared]), samples].map((each) => Math.ceil((bits * each) / 8));
}

/** What stands behind the last frame, unless it is zeros or one byte. */
function behind({ bytes, ...part }: PixelPart, sizes: readonly number[]): Overwritten[] {
  const size = sizes.findLast((each) => each <= part.end - part.start) ?? Infinity;
  const start = part.start + size;
  if (part.end - start < 2) return [];
  let isEmpty = true;
  for (let at = start; isEmpty && at < part.end; at += CHUNK_BYTES) {
    isEmpty = isZero(bytes(at, Math.min(at + CHUNK_BYTES, part.end)));
  }
  if (isEmpty) return [];
  if (part.end - start > MOST_BYTES_BEHIND) throw new DeidError('pixels-not-maskable');
  return [{ start, end: part.end, with: 0 }];
}

/** Entries of the basic offset table that lead nowhere, and such as no fragment is left for (PS3.5 §A.4). */
function inTable(table: PixelPart, fragments: readonly PixelPart[]): Overwritten[] {
  const origin = (fragments[0]?.start ?? 0) - ITEM_HEADER_BYTES;
  const length = (fragments.at(-1)?.end ?? origin) - origin;
  const bytes = table.bytes();
  const places: Overwritten[] = [];
  for (let at = 0; at < bytes.length; at += OFFSET_BYTES) {
    const end = Math.min(at + OFFSET_BYTES, bytes.length);
    const isEntry = end - at === OFFSET_BYTES && at / OFFSET_BYTES < fragments.length;
    const leadsIn = isEntry && bytes.readUInt32LE(at) < Math.min(length, OFFSETS);
    if (!leadsIn && !isZero(bytes.subarray(at, end))) {
      places.push({ start: table.start + at, end: table.start + end, with: 0 });
    }
  }
  return places;
}

/** Fragments that make a frame, and their bytes together. */
interface Stream {
  readonly parts: readonly PixelPart[];
  readonly bytes: Buffer;
}

/** The frames: each begins with a fragment of its own, and that with the marker of its compression (PS3.5 §A.4). */
function* streamsOf(fragments: readonly PixelPart[], marker: number | undefined): Generator<Stream> {
  let parts: PixelPart[] = [];
  let pieces: Buffer[] = [];
  const stream = (): Stream => ({ parts, bytes: pieces.length === 1 && pieces[0] ? pieces[0] : Buffer.concat(pieces) });
  for (const part of fragments) {
    const bytes = part.bytes();
    const begins = marker === undefined || (bytes.length > 1 && bytes.readUInt16BE(0) === marker);
    if (!begins && parts.length === 0) throw new DeidError('pixels-not-maskable');
    if (begins && parts.length > 0) {
      yield stream();
      [parts, pieces] = [[], []];
    }
    parts.push(part);
    pieces.push(bytes);
  }
  if (parts.length > 0) yield stream();
}

/** Places in a stream as places in the file. Both come in their order, so that many of both take no longer than it takes to go along. */
function inFile(places: readonly Place[], parts: readonly PixelPart[]): Overwritten[] {
  const found: Overwritten[] = [];
  let at = 0;
  let before = 0;
  for (const place of places) {
    for (let part = parts[at]; part !== undefined; part = parts[at]) {
      const length = part.end - part.start;
      const start = part.start + Math.max(place.start - before, 0);
      const end = part.start + Math.min(place.end - before, length);
      if (start < end) found.push({ start, end, with: place.with });
      if (place.end < before + length) break;
      before += length;
      at += 1;
    }
  }
  return found;
}

const LOOKS = { jpeg: besideJpeg, jpeg2000: besideJpeg2000, rle: besideRle, deflate: besideDeflated };
/** By which a frame begins; without one each fragment is a frame. */
const MARKERS: Readonly<Partial<Record<Compression, number>>> = { jpeg: 0xffd8, jpeg2000: 0xff4f };

function inFrames(compression: Compression, fragments: readonly PixelPart[], harmless: Harmless): Overwritten[] {
  const look = LOOKS[compression];
  const places: Overwritten[] = [];
  for (const { parts, bytes } of streamsOf(fragments, MARKERS[compression])) {
    places.push(...inFile(look(bytes, harmless), parts));
  }
  return places;
}

function unshown(
  parts: readonly PixelPart[],
  element: VisitedElement,
  facts: DataSetFacts,
  harmless: Harmless,
): Overwritten[] {
  const isInFragments = element.length === 0xffffffff;
  if (!isInFragments) return parts.flatMap((part) => behind(part, pictureBytes(facts, element.tag)));
  const [table, ...fragments] = parts;
  if (table === undefined) return [];
  const compression = compressionOf(facts.transferSyntaxUID);
  const inTheirs = compression === undefined ? [] : inFrames(compression, fragments, harmless);
  return [...inTable(table, fragments), ...inTheirs];
}

/**
 * Leaves one pixel data element to a data set and overwrites what no picture of it shows: what stands behind the last frame, comments and
 * application data in compressed frames, surplus of the offset table. Frames keep their bytes.
 * @param isLeaving the pixels leave as they are; others are masked, or stay here
 * @param onOverwritten told how many places there were
 */
export function unshownEditor(
  facts: DataSetFacts,
  identity: Identity,
  isLeaving: boolean,
  onOverwritten: (places: number) => void,
): NonNullable<Editor['pixels']> {
  const candidates = [PIXEL_DATA, ...FLOAT_BITS.keys()];
  const isSpectroscopy = facts.text(SOP_CLASS_UID)[0] === MR_SPECTROSCOPY;
  const due = candidates.find((tag) => facts.has(tag)) ?? (isSpectroscopy ? SPECTROSCOPY_DATA : undefined);
  const harmless: Harmless = {
    isText: (text) => isSoftwareComment(text, identity),
    isProfile: (bytes) => !identity.isInBytes(bytes),
    pixels: (facts.numbers(ROWS)[0] ?? 0) * (facts.numbers(COLUMNS)[0] ?? 0),
  };
  let isTaken = false;
  return (element): PixelEdit => {
    if (isTaken || element.tag !== due || !element.vr.startsWith('O')) return 'remove';
    isTaken = true;
    if (!isLeaving || element.tag === SPECTROSCOPY_DATA) return 'keep';
    return {
      overwrite: (parts) => {
        const places = unshown(parts, element, facts, harmless);
        onOverwritten(places.length);
        return places;
      },
    };
  };
}

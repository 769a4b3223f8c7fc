import { inflateRawSync } from 'node:zlib';
import { DeidError } from '../errors.ts';

/** Bytes [start, end) that are to be overwritten with one that repeats. */
export interface Place {
  readonly start: number;
  readonly end: number;
  readonly with: number;
}

/** What may stay beside a picture (texts by their words, colour profiles by the names in them), and how large it is. */
export interface Harmless {
  readonly isText: (text: string) => boolean;
  readonly isProfile: (bytes: Buffer) => boolean;
  /** Pixels of a frame. */
  readonly pixels: number;
}

const SPACE = 0x20;
const NUL = 0x00;
const FILL = 0xff;

/** Markers of JPEG and JPEG-LS, second bytes (ISO/IEC 10918-1 table B.1, 14495-1 §C.1). */
const SOI = 0xd8;
const EOI = 0xd9;
const SOS = 0xda;
const APP0 = 0xe0;
const APP15 = 0xef;
const COM = 0xfe;
/** Of no use to a decoder, but for SOF55 and LSE, which are JPEG-LS's. */
const isReserved = (marker: number): boolean => marker > APP15 && marker < COM && marker !== 0xf7 && marker !== 0xf8;
/** Application data of fixed length in which nothing but numbers stands: JFIF without thumbnail, Adobe, SPIFF, HP's colours. */
const FIXED: readonly (readonly [marker: number, signature: string, bytes: number])[] = [
  [APP0, 'JFIF\0', 14],
  [0xee, 'Adobe', 12],
  [0xe8, 'SPIFF\0', 30],
  [0xe8, 'mrfx', 5],
];
const PROFILE = 'ICC_PROFILE\0';

const isPadding = (bytes: Buffer): boolean => bytes.every((byte) => byte === NUL || byte === FILL);

function isHarmlessApplication(marker: number, content: Buffer, { isProfile }: Harmless): boolean {
  const starts = (signature: string): boolean => content.toString('latin1', 0, signature.length) === signature;
  if (starts(PROFILE)) return isProfile(content);
  return FIXED.some(([of, signature, bytes]) => of === marker && content.length === bytes && starts(signature));
}

/** Offset of the next marker that is no restart: entropy-coded data has none (ISO/IEC 10918-1 §B.1.1.5); the end without one. */
function nextMarker(bytes: Buffer, from: number): number {
  for (let at = bytes.indexOf(0xff, from); at >= 0; at = bytes.indexOf(0xff, at + 1)) {
    const marker = bytes[at + 1] ?? 0;
    if (marker >= 0xc0 && marker !== FILL && (marker < 0xd0 || marker > 0xd7)) return at;
  }
  return bytes.length;
}

/**
 * Where a JPEG or JPEG-LS picture carries what no decoder shows: comments, application data, bytes between segments and behind the end.
 * @param bytes begin with the marker SOI
 */
export function besideJpeg(bytes: Buffer, harmless: Harmless): Place[] {
  const places: Place[] = [];
  const blank = (start: number, end: number): void => {
    if (!isPadding(bytes.subarray(start, end))) places.push({ start, end, with: NUL });
  };
  let isEntropyCoded = false;
  for (let at = 2; at < bytes.length;) {
    const found = nextMarker(bytes, at);
    if (!isEntropyCoded) blank(at, found);
    const marker = bytes[found + 1];
    isEntropyCoded = marker === SOS;
    if (marker === undefined) break;
    if (marker === SOI) {
      at = found + 2;
      continue;
    }
    if (marker === EOI) {
      const next = bytes.indexOf(Buffer.from([0xff, SOI, 0xff]), found + 2);
      at = next < 0 ? bytes.length : next;
      blank(found + 2, at);
      continue;
    }
    const start = Math.min(found + 4, bytes.length);
    at =
      start === found + 4 ? Math.min(Math.max(start, found + 2 + bytes.readUInt16BE(found + 2)), bytes.length) : start;
    const content = bytes.subarray(start, at);
    if (marker === COM) {
      if (!harmless.isText(content.toString('latin1'))) places.push({ start, end: at, with: SPACE });
    } else if (
      isReserved(marker) ||
      (marker >= APP0 && marker <= APP15 && !isHarmlessApplication(marker, content, harmless))
    ) {
      blank(start, at);
    }
  }
  return places;
}

/** Markers of JPEG 2000 (ISO/IEC 15444-1 table A.2). */
const SOC = 0xff4f;
const SOT = 0xff90;
const SOD = 0xff93;
const EOC = 0xffd9;
const COMMENT = 0xff64;
/** Without a length of their own. */
const isBare = (marker: number): boolean => marker === SOC || (marker >= 0xff30 && marker <= 0xff3f);

/**
 * As `besideJpeg`, for JPEG 2000 in all its forms.
 * @param bytes begin with the marker SOC
 * @throws DeidError `pixels-not-maskable` for what is no codestream
 */
export function besideJpeg2000(bytes: Buffer, { isText }: Harmless): Place[] {
  const places: Place[] = [];
  /** End of the tile-part whose header is read. */
  let tileEnd = 0;
  for (let at = 0; at < bytes.length;) {
    const marker = at + 2 <= bytes.length ? bytes.readUInt16BE(at) : 0;
    if (marker === EOC) {
      const next = bytes.indexOf(Buffer.from([0xff, 0x4f, 0xff, 0x51]), at + 2);
      const end = next < 0 ? bytes.length : next;
      if (!isPadding(bytes.subarray(at + 2, end))) places.push({ start: at + 2, end, with: NUL });
      at = end;
      continue;
    }
    if (isBare(marker)) {
      at += 2;
      continue;
    }
    if (marker === SOD) {
      at = Math.max(at + 2, tileEnd);
      continue;
    }
    const length = at + 4 <= bytes.length ? bytes.readUInt16BE(at + 2) : 0;
    const end = at + 2 + length;
    if (marker < 0xff00 || length < 2 || end > bytes.length) throw new DeidError('pixels-not-maskable');
    if (marker === SOT && length >= 10) {
      // Psot of 0: to the end of the codestream.
      const tile = bytes.readUInt32BE(at + 6);
      tileEnd = tile === 0 ? Math.max(end, bytes.lastIndexOf(Buffer.from([0xff, 0xd9]))) : at + tile;
    }
    if (marker === COMMENT && !isText(bytes.toString('latin1', at + 6, end))) {
      places.push({ start: Math.min(at + 6, end), end, with: SPACE });
    }
    at = end;
  }
  return places;
}

/** Node's, which its types leave out: how much of the input made the output. */
interface Inflated {
  readonly engine: { readonly bytesWritten: number };
}
const MOST_INFLATED_BYTES = 256 * 1024 * 1024;

/**
 * As `besideJpeg`, for a deflated frame (PS3.5 §A.4.13): what follows the stream.
 * @throws DeidError `pixels-not-maskable` for what is no stream
 */
export function besideDeflated(bytes: Buffer): Place[] {
  try {
    const options = { info: true, maxOutputLength: MOST_INFLATED_BYTES };
    const { engine } = inflateRawSync(bytes, options) as unknown as Inflated;
    const start = engine.bytesWritten;
    return isPadding(bytes.subarray(start)) ? [] : [{ start, end: bytes.length, with: NUL }];
  } catch {
    throw new DeidError('pixels-not-maskable');
  }
}

const RLE_HEADER_BYTES = 64;
const MOST_RLE_SEGMENTS = 15;
/** Says nothing to a decoder of RLE. */
const NO_OPERATION = 0x80;

/** Offset behind the runs that make so many bytes (PS3.5 §G.3.2). */
function endOfRuns(bytes: Buffer, start: number, end: number, count: number): number {
  let at = start;
  for (let made = 0; made < count && at < end;) {
    const run = bytes.readInt8(at);
    if (run === -128) at += 1;
    else if (run >= 0) {
      made += run + 1;
      at += run + 2;
    } else {
      made += 1 - run;
      at += 2;
    }
  }
  return Math.min(at, end);
}

/**
 * As `besideJpeg`, for RLE (PS3.5 §G.5): what stands in the header beyond its offsets, before the first segment, and in each segment
 * behind the bytes of all pixels.
 * @throws DeidError `pixels-not-maskable` for what is no header, or segments that do not follow each other
 */
export function besideRle(bytes: Buffer, { pixels }: Harmless): Place[] {
  const count = bytes.length < RLE_HEADER_BYTES ? 0 : bytes.readUInt32LE(0);
  if (count < 1 || count > MOST_RLE_SEGMENTS) throw new DeidError('pixels-not-maskable');
  const starts = Array.from({ length: count }, (_, at) => bytes.readUInt32LE((at + 1) * 4));
  const ends = [...starts.slice(1), bytes.length];
  const isOrdered = starts.every((start, at) => start >= RLE_HEADER_BYTES && start <= (ends[at] ?? 0));
  if (!isOrdered) throw new DeidError('pixels-not-maskable');
  const rests = starts.map((start, at): Place => {
    const end = ends[at] ?? start;
    return { start: endOfRuns(bytes, start, end, pixels), end, with: NO_OPERATION };
  });
  const places: readonly Place[] = [
    { start: (count + 1) * 4, end: RLE_HEADER_BYTES, with: NUL },
    { start: RLE_HEADER_BYTES, end: starts[0] ?? RLE_HEADER_BYTES, with: NUL },
    ...rests,
  ];
  return places.filter(({ start, end }) =>
    bytes.subarray(start, end).some((byte) => byte !== NUL && byte !== NO_OPERATION),
  );
}

import { encodeJpegLossless } from './jpegLossless.ts';
import type { Frame } from './phantom.ts';
import { SYNTAX, type Attributes, type Pixels } from './plan.ts';
import { encodeRle } from './rle.ts';

/** How an image is written. */
export type Compression = 'none' | 'implicit' | 'deflated' | 'rle' | 'jpegLossless';

const TRANSFER_SYNTAX: Readonly<Record<Compression, string>> = {
  none: SYNTAX.explicit,
  implicit: SYNTAX.implicit,
  deflated: SYNTAX.deflated,
  rle: SYNTAX.rle,
  jpegLossless: SYNTAX.jpegLossless,
};

export interface EncodedImage {
  readonly transferSyntaxUID: string;
  readonly pixels: Pixels;
  /** Image Pixel module, PS3.3 §C.7.6.3. */
  readonly attributes: Attributes;
}

function bytesOf({ values }: Frame, bits: number): Uint8Array {
  return bits > 8 ? new Uint8Array(values.buffer, values.byteOffset, values.byteLength) : Uint8Array.from(values);
}

/** Encodes grey frames of one size; values are unsigned and below 2^bits. */
export function encodeImage(frames: readonly Frame[], bits: 8 | 12, compression: Compression): EncodedImage {
  const [first] = frames;
  if (!first) throw new RangeError('an image has at least one frame');
  const allocated = bits > 8 ? 16 : 8;
  const encode = (frame: Frame): Uint8Array =>
    compression === 'rle'
      ? encodeRle(bytesOf(frame, bits), allocated === 16 ? 2 : 1)
      : encodeJpegLossless(frame.values, frame.columns, frame.rows, bits);
  const native = compression !== 'rle' && compression !== 'jpegLossless';
  return {
    transferSyntaxUID: TRANSFER_SYNTAX[compression],
    pixels: native
      ? {
          kind: 'native',
          vr: compression === 'implicit' || allocated === 16 ? 'OW' : 'OB',
          bytes: joined(frames, bits),
        }
      : { kind: 'encapsulated', frames: frames.map(encode) },
    attributes: {
      SamplesPerPixel: 1,
      PhotometricInterpretation: 'MONOCHROME2',
      Rows: first.rows,
      Columns: first.columns,
      BitsAllocated: allocated,
      BitsStored: bits,
      HighBit: bits - 1,
      PixelRepresentation: 0,
    },
  };
}

function joined(frames: readonly Frame[], bits: number): Uint8Array {
  const [first] = frames;
  if (frames.length === 1 && first) return bytesOf(first, bits);
  return Buffer.concat(frames.map((frame) => bytesOf(frame, bits)));
}

/** Colours a grey frame: three samples per pixel, by pixel. */
export function encodeColour(frame: Frame): EncodedImage {
  const bytes = new Uint8Array(frame.values.length * 3);
  frame.values.forEach((value, index) => bytes.set([value, value, Math.min(255, value + 24)], index * 3));
  return {
    transferSyntaxUID: SYNTAX.explicit,
    pixels: { kind: 'native', vr: 'OB', bytes },
    attributes: {
      SamplesPerPixel: 3,
      PhotometricInterpretation: 'RGB',
      PlanarConfiguration: 0,
      Rows: frame.rows,
      Columns: frame.columns,
      BitsAllocated: 8,
      BitsStored: 8,
      HighBit: 7,
      PixelRepresentation: 0,
    },
  };
}

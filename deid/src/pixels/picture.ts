import { transferSyntaxOf } from '@viaduct/dicom/part10';
import { decodedFormat } from './codecs.ts';
import { decodedFrames } from './decodedFrames.ts';
import { type PixelFormat, YBR_FULL_422 } from './format.ts';
import type { ReadBytes, Region } from './frames.ts';
import { encodePng } from './png.ts';

/** Where the samples of a frame lie that are shown: one plane of grey, or three of colour. */
interface Layout {
  readonly channels: 1 | 3;
  /** Index of the sample of a pixel. */
  readonly at: (pixel: number, channel: number) => number;
}

/** Of YBR only the brightness is shown: it has all that is written. */
function layoutOf({ samplesPerPixel, isPlanar, photometricInterpretation, rows, columns }: PixelFormat): Layout {
  if (photometricInterpretation === YBR_FULL_422) {
    return { channels: 1, at: (pixel) => (pixel >> 1) * 4 + (pixel & 1) };
  }
  const channels = samplesPerPixel === 3 && photometricInterpretation === 'RGB' ? 3 : 1;
  if (isPlanar) return { channels, at: (pixel, channel) => channel * rows * columns + pixel };
  return { channels, at: (pixel, channel) => pixel * samplesPerPixel + channel };
}

function reader(frame: Buffer, { bitsAllocated, isSigned }: PixelFormat, isBigEndian: boolean): (at: number) => number {
  const bytes = bitsAllocated / 8;
  if (bytes === 1) return isSigned ? (at) => frame.readInt8(at) : (at) => frame[at] ?? 0;
  if (isSigned) return (at) => (isBigEndian ? frame.readIntBE(at * bytes, bytes) : frame.readIntLE(at * bytes, bytes));
  return (at) => (isBigEndian ? frame.readUIntBE(at * bytes, bytes) : frame.readUIntLE(at * bytes, bytes));
}

/** Stretches what was found to 0–255. */
function stretched(brightest: Float64Array, isInverted: boolean): Buffer {
  let low = Infinity;
  let high = -Infinity;
  for (const value of brightest) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  const scale = high > low ? 255 / (high - low) : 0;
  const bytes = Buffer.alloc(brightest.length);
  brightest.forEach((value, at) => {
    const level = Math.round((value - low) * scale);
    bytes[at] = isInverted ? 255 - level : level;
  });
  return bytes;
}

/**
 * One picture of an instance for people who look for what is burned in: each pixel as bright as it ever is in any frame, so that a
 * text in one of them is seen. It shows the original and is to be treated like it.
 * @returns PNG
 * @throws DeidError `pixels-not-maskable`
 */
export async function pictureOf(
  read: ReadBytes,
  element: Region,
  transferSyntaxUID: string,
  original: PixelFormat,
): Promise<Buffer> {
  const { encapsulated, bigEndian } = transferSyntaxOf(transferSyntaxUID);
  const format = encapsulated ? decodedFormat(transferSyntaxUID, original) : original;
  const { channels, at } = layoutOf(format);
  const isInverted = format.photometricInterpretation === 'MONOCHROME1';
  const pixels = format.rows * format.columns;
  const brightest = new Float64Array(pixels * channels).fill(isInverted ? Infinity : -Infinity);
  for await (const frame of decodedFrames(read, element, transferSyntaxUID, original)) {
    const sample = reader(frame, format, !encapsulated && bigEndian);
    for (let pixel = 0; pixel < pixels; pixel += 1) {
      for (let channel = 0; channel < channels; channel += 1) {
        const place = pixel * channels + channel;
        const value = sample(at(pixel, channel));
        const before = brightest[place] ?? value;
        if (isInverted ? value < before : value > before) brightest[place] = value;
      }
    }
  }
  return encodePng(format.columns, format.rows, channels, stretched(brightest, isInverted));
}

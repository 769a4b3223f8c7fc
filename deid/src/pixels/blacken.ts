import { type PixelFormat, YBR_FULL_422 } from './format.ts';
import type { Rectangle } from './policy.ts';

/** The part of a rectangle that lies in the frame, in whole pairs of pixels where two share their colour. */
function clipped(
  { x, y, width, height }: Rectangle,
  { rows, columns, photometricInterpretation }: PixelFormat,
): Rectangle {
  const step = photometricInterpretation === YBR_FULL_422 ? 2 : 1;
  const left = Math.max(0, Math.floor(x / step) * step);
  const right = Math.min(columns, Math.ceil((x + width) / step) * step);
  const top = Math.max(0, y);
  const bottom = Math.min(rows, y + height);
  return { x: left, y: top, width: Math.max(0, right - left), height: Math.max(0, bottom - top) };
}

/** One sample in bytes: the darkest that there is. */
function sampleBytes(value: number, { bitsAllocated }: PixelFormat, isBigEndian: boolean): Buffer {
  const bytes = Buffer.alloc(bitsAllocated / 8);
  if (isBigEndian) bytes.writeUIntBE(value, 0, bytes.length);
  else bytes.writeUIntLE(value, 0, bytes.length);
  return bytes;
}

/** Black, sample by sample: the highest value of MONOCHROME1, no colour in YBR. */
function blackPixel(format: PixelFormat, isBigEndian: boolean): Buffer[] {
  const { photometricInterpretation, bitsStored, isSigned, samplesPerPixel } = format;
  const sample = (value: number): Buffer => sampleBytes(value, format, isBigEndian);
  if (photometricInterpretation === 'MONOCHROME1') return [sample(2 ** (isSigned ? bitsStored - 1 : bitsStored) - 1)];
  if (!photometricInterpretation.startsWith('YBR')) return Array.from({ length: samplesPerPixel }, () => sample(0));
  const noColour = sample(2 ** (bitsStored - 1));
  return photometricInterpretation === YBR_FULL_422
    ? [sample(0), sample(0), noColour, noColour]
    : [sample(0), noColour, noColour];
}

/**
 * Blackens rectangles of a frame that is not compressed, in place.
 * @param frame `frameBytes(format)` bytes
 */
export function blacken(
  frame: Buffer,
  format: PixelFormat,
  rectangles: readonly Rectangle[],
  isBigEndian: boolean,
): void {
  const { columns, rows, isPlanar, samplesPerPixel, bitsAllocated } = format;
  const pixel = blackPixel(format, isBigEndian);
  const isSplit = isPlanar && samplesPerPixel > 1;
  /** What is repeated, over how many columns, in each plane. */
  const planes = isSplit ? pixel : [Buffer.concat(pixel)];
  const pixelsPerUnit = format.photometricInterpretation === YBR_FULL_422 ? 2 : 1;
  const planeBytes = rows * columns * (bitsAllocated / 8);
  for (const rectangle of rectangles.map((each) => clipped(each, format))) {
    planes.forEach((unit, plane) => {
      const bytesPerColumn = unit.length / pixelsPerUnit;
      for (let row = rectangle.y; row < rectangle.y + rectangle.height; row += 1) {
        const start = plane * planeBytes + (row * columns + rectangle.x) * bytesPerColumn;
        frame.fill(unit, start, start + rectangle.width * bytesPerColumn);
      }
    });
  }
}

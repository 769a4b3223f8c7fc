import { transferSyntaxOf } from '@viaduct/dicom/part10';
import { DeidError } from '../errors.ts';
import { blacken } from './blacken.ts';
import { decodedFormat } from './codecs.ts';
import { decodedFrames, pixelsStart } from './decodedFrames.ts';
import { frameBytes } from './format.ts';
import type { ReadBytes, Region } from './frames.ts';
import type { PixelMask } from './gate.ts';

const MAX_BYTES = 0xfffffffe;

function explicitHeader(bitsAllocated: number, length: number): Buffer {
  const header = Buffer.from([0xe0, 0x7f, 0x10, 0x00, 0x4f, bitsAllocated > 8 ? 0x57 : 0x42, 0, 0, 0, 0, 0, 0]);
  header.writeUInt32LE(length, 8);
  return header;
}

/**
 * The pixel data element of an instance with its rectangles blackened in every frame, frame by frame. Compressed frames come out
 * decoded, in Explicit VR Little Endian; others as they were.
 * @param read reads bytes of the original file
 * @param element the pixel data element with its header, in bytes of the original file
 * @param transferSyntaxUID of the original file
 * @throws DeidError `pixels-not-maskable`
 */
export async function* maskPixels(
  read: ReadBytes,
  element: Region,
  transferSyntaxUID: string,
  { rectangles, format }: PixelMask,
): AsyncGenerator<Buffer> {
  const { encapsulated, bigEndian } = transferSyntaxOf(transferSyntaxUID);
  const decoded = encapsulated ? decodedFormat(transferSyntaxUID, format) : format;
  const bytes = frameBytes(decoded) * format.frames;
  if (bytes > MAX_BYTES) throw new DeidError('pixels-not-maskable');
  const start = pixelsStart(element, transferSyntaxUID);
  yield encapsulated
    ? explicitHeader(format.bitsAllocated, bytes + (bytes % 2))
    : await read(element.start, Math.min(start, element.end));
  for await (const frame of decodedFrames(read, element, transferSyntaxUID, format)) {
    blacken(frame, decoded, rectangles, !encapsulated && bigEndian);
    yield frame;
  }
  // Only padding may follow the last frame.
  const padding = encapsulated ? bytes % 2 : element.end - start - bytes;
  if (padding > 0) yield Buffer.alloc(padding);
}

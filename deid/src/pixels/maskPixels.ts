import { transferSyntaxOf } from '@viaduct/dicom/part10';
import { DeidError } from '../errors.ts';
import { blacken } from './blacken.ts';
import { decodeFrame, decodedFormat } from './codecs.ts';
import { type ReadBytes, compressedFrames } from './frames.ts';
import { frameBytes } from './format.ts';
import type { PixelMask } from './gate.ts';

const EXPLICIT_HEADER_BYTES = 12;
const IMPLICIT_HEADER_BYTES = 8;
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
  element: { readonly start: number; readonly end: number },
  transferSyntaxUID: string,
  { rectangles, format }: PixelMask,
): AsyncGenerator<Buffer> {
  const syntax = transferSyntaxOf(transferSyntaxUID);
  if (syntax.encapsulated) {
    const decoded = decodedFormat(transferSyntaxUID, format);
    const bytes = frameBytes(decoded) * format.frames;
    if (bytes > MAX_BYTES) throw new DeidError('pixels-not-maskable');
    yield explicitHeader(format.bitsAllocated, bytes + (bytes % 2));
    for await (const compressed of compressedFrames(read, element, format.frames)) {
      const frame = await decodeFrame(compressed, transferSyntaxUID, format);
      blacken(frame, decoded, rectangles, false);
      yield frame;
    }
    if (bytes % 2 === 1) yield Buffer.alloc(1);
    return;
  }
  const pixels = element.start + (syntax.explicit ? EXPLICIT_HEADER_BYTES : IMPLICIT_HEADER_BYTES);
  const size = frameBytes(format);
  if (pixels + size * format.frames > element.end) throw new DeidError('pixels-not-maskable');
  yield await read(element.start, pixels);
  let at = pixels;
  for (let frame = 0; frame < format.frames; frame += 1) {
    const bytes = Buffer.from(await read(at, at + size));
    blacken(bytes, format, rectangles, syntax.bigEndian);
    yield bytes;
    at += size;
  }
  // Only padding may follow the last frame.
  if (at < element.end) yield Buffer.alloc(element.end - at);
}

import { transferSyntaxOf } from '@viaduct/dicom/part10';
import { DeidError } from '../errors.ts';
import { decodeFrame } from './codecs.ts';
import { type PixelFormat, frameBytes } from './format.ts';
import { type ReadBytes, type Region, compressedFrames } from './frames.ts';

const EXPLICIT_HEADER_BYTES = 12;
const IMPLICIT_HEADER_BYTES = 8;

/** Where the value of a pixel data element that is not compressed begins, in bytes of its file. */
export function pixelsStart(element: Region, transferSyntaxUID: string): number {
  const { explicit } = transferSyntaxOf(transferSyntaxUID);
  return element.start + (explicit ? EXPLICIT_HEADER_BYTES : IMPLICIT_HEADER_BYTES);
}

/**
 * The frames of an instance, one after the other, each in a buffer of its own: decoded as `decodedFormat` says where they were
 * compressed, else as they lie in the file.
 * @param element the pixel data element with its header
 * @throws DeidError `pixels-not-maskable`
 */
export async function* decodedFrames(
  read: ReadBytes,
  element: Region,
  transferSyntaxUID: string,
  format: PixelFormat,
): AsyncGenerator<Buffer> {
  if (transferSyntaxOf(transferSyntaxUID).encapsulated) {
    for await (const compressed of compressedFrames(read, element, format.frames)) {
      yield await decodeFrame(compressed, transferSyntaxUID, format);
    }
    return;
  }
  const start = pixelsStart(element, transferSyntaxUID);
  const size = frameBytes(format);
  if (start + size * format.frames > element.end) throw new DeidError('pixels-not-maskable');
  for (let frame = 0; frame < format.frames; frame += 1) {
    yield Buffer.from(await read(start + frame * size, start + (frame + 1) * size));
  }
}

import { createRequire } from 'node:module';
import type * as DcmjsCodecs from 'dcmjs-codecs';
import { DeidError } from '../errors.ts';
import { type PixelFormat, frameBytes } from './format.ts';

type Library = typeof DcmjsCodecs;
type Codec = 'decodeRle' | 'decodeJpeg' | 'decodeJpegLs' | 'decodeJpeg2000' | 'decodeHtJpeg2000';

const JPEG_SYNTAXES = '1.2.840.10008.1.2.4.';
const CODECS: ReadonlyMap<string, Codec> = new Map<string, Codec>([
  ['1.2.840.10008.1.2.5', 'decodeRle'],
  [`${JPEG_SYNTAXES}50`, 'decodeJpeg'],
  [`${JPEG_SYNTAXES}51`, 'decodeJpeg'],
  [`${JPEG_SYNTAXES}57`, 'decodeJpeg'],
  [`${JPEG_SYNTAXES}70`, 'decodeJpeg'],
  [`${JPEG_SYNTAXES}80`, 'decodeJpegLs'],
  [`${JPEG_SYNTAXES}81`, 'decodeJpegLs'],
  [`${JPEG_SYNTAXES}90`, 'decodeJpeg2000'],
  [`${JPEG_SYNTAXES}91`, 'decodeJpeg2000'],
  [`${JPEG_SYNTAXES}201`, 'decodeHtJpeg2000'],
  [`${JPEG_SYNTAXES}202`, 'decodeHtJpeg2000'],
  [`${JPEG_SYNTAXES}203`, 'decodeHtJpeg2000'],
]);
/** Codecs that turn YBR into RGB; the others leave colours as they are. */
const TO_RGB: ReadonlySet<Codec> = new Set<Codec>(['decodeJpeg', 'decodeJpeg2000', 'decodeHtJpeg2000']);

/** Whether frames of a transfer syntax can be decoded. */
export function isDecodable(transferSyntaxUID: string): boolean {
  return CODECS.has(transferSyntaxUID);
}

/** The layout of a frame when it is decoded: samples side by side, JPEG's colours as RGB. */
export function decodedFormat(transferSyntaxUID: string, format: PixelFormat): PixelFormat {
  const codec = CODECS.get(transferSyntaxUID);
  const isRgb = codec !== undefined && TO_RGB.has(codec) && format.samplesPerPixel === 3;
  const photometricInterpretation = isRgb ? 'RGB' : format.photometricInterpretation;
  return { ...format, photometricInterpretation, isPlanar: false };
}

let library: Promise<Library> | undefined;
/** Loaded when the first frame has to be decoded: the package is CommonJS with WebAssembly beside it. */
function codecs(): Promise<Library> {
  library ??= (async () => {
    const loaded = createRequire(import.meta.url)('dcmjs-codecs') as Library;
    await loaded.NativeCodecs.initializeAsync();
    return loaded;
  })();
  return library;
}

/**
 * Decodes one frame.
 * @returns a buffer of its own, laid out as `decodedFormat` says, little endian
 * @throws DeidError `pixels-not-maskable`
 */
export async function decodeFrame(frame: Buffer, transferSyntaxUID: string, format: PixelFormat): Promise<Buffer> {
  const codec = CODECS.get(transferSyntaxUID);
  if (codec === undefined) throw new DeidError('pixels-not-maskable');
  const { Context, NativeCodecs } = await codecs();
  const context = new Context({
    width: format.columns,
    height: format.rows,
    bitsAllocated: format.bitsAllocated,
    bitsStored: format.bitsStored,
    samplesPerPixel: format.samplesPerPixel,
    pixelRepresentation: Number(format.isSigned),
    planarConfiguration: 0,
    photometricInterpretation: format.photometricInterpretation,
    encodedBuffer: new Uint8Array(frame),
  });
  let decoded: Uint8Array | undefined;
  try {
    decoded = NativeCodecs[codec](context, { convertColorspaceToRgb: true }).getDecodedBuffer();
  } catch {
    throw new DeidError('pixels-not-maskable');
  }
  if (decoded?.length !== frameBytes(decodedFormat(transferSyntaxUID, format))) {
    throw new DeidError('pixels-not-maskable');
  }
  return Buffer.from(decoded);
}

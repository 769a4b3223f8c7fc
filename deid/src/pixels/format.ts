import { tagOf } from '@viaduct/dicom/dictionary';
import type { DataSetFacts } from '@viaduct/dicom/part10';

/** How the pixels of a data set are laid out (PS3.3 §C.7.6.3). */
export interface PixelFormat {
  readonly rows: number;
  readonly columns: number;
  readonly samplesPerPixel: number;
  /** 8, 16 or 32. */
  readonly bitsAllocated: number;
  readonly bitsStored: number;
  readonly isSigned: boolean;
  /** Samples come plane by plane. */
  readonly isPlanar: boolean;
  readonly photometricInterpretation: string;
  readonly frames: number;
}

const TAGS = {
  rows: tagOf('Rows'),
  columns: tagOf('Columns'),
  samplesPerPixel: tagOf('SamplesPerPixel'),
  bitsAllocated: tagOf('BitsAllocated'),
  bitsStored: tagOf('BitsStored'),
  pixelRepresentation: tagOf('PixelRepresentation'),
  planarConfiguration: tagOf('PlanarConfiguration'),
};
const PHOTOMETRIC_INTERPRETATION = tagOf('PhotometricInterpretation');
const NUMBER_OF_FRAMES = tagOf('NumberOfFrames');
/** Two pixels share their colour: Y1 Y2 Cb Cr. */
export const YBR_FULL_422 = 'YBR_FULL_422';

/** The layout; undefined when it is not said or is none that can be masked. */
export function pixelFormatOf(facts: DataSetFacts): PixelFormat | undefined {
  const number = (tag: number): number => facts.numbers(tag)[0] ?? 0;
  const format: PixelFormat = {
    rows: number(TAGS.rows),
    columns: number(TAGS.columns),
    samplesPerPixel: number(TAGS.samplesPerPixel),
    bitsAllocated: number(TAGS.bitsAllocated),
    bitsStored: number(TAGS.bitsStored) || number(TAGS.bitsAllocated),
    isSigned: number(TAGS.pixelRepresentation) === 1,
    isPlanar: number(TAGS.planarConfiguration) === 1,
    photometricInterpretation: facts.text(PHOTOMETRIC_INTERPRETATION)[0] ?? '',
    frames: Number(facts.text(NUMBER_OF_FRAMES)[0] ?? 1),
  };
  const isWhole = format.rows > 0 && format.columns > 0 && Number.isInteger(format.frames) && format.frames > 0;
  const hasKnownSamples = format.samplesPerPixel === 1 || format.samplesPerPixel === 3;
  return isWhole && hasKnownSamples && [8, 16, 32].includes(format.bitsAllocated) ? format : undefined;
}

/** Bytes of one frame that is not compressed. */
export function frameBytes(format: PixelFormat): number {
  const { rows, columns, samplesPerPixel, bitsAllocated, photometricInterpretation } = format;
  const samples = photometricInterpretation === YBR_FULL_422 ? 2 : samplesPerPixel;
  return rows * columns * samples * (bitsAllocated / 8);
}

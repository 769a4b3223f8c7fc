import { tagOf } from '@viaduct/dicom/dictionary';
import {
  type DataElement,
  type DataSetFacts,
  EXPLICIT_VR_LITTLE_ENDIAN,
  textElement,
  transferSyntaxOf,
  uint16Element,
} from '@viaduct/dicom/part10';
import { decodedFormat, isDecodable } from './codecs.ts';
import { type PixelFormat, pixelFormatOf } from './format.ts';
import type { DeviceSignature, PixelPolicy, Rectangle } from './policy.ts';
import { type PixelRisk, pixelRisks } from './risk.ts';

/** What is to happen with the pixels of an instance. */
export type PixelDecision =
  /** `isReviewed`: somebody has looked at it, or at its device, and found nothing burned in. */
  | { readonly do: 'pass'; readonly risks: readonly PixelRisk[]; readonly isReviewed: boolean }
  /** The instance is left out, or held until a person has looked at it. */
  | { readonly do: 'exclude' | 'review'; readonly risks: readonly PixelRisk[] }
  /** The instance is to be masked before it leaves (`maskPixels`); its header already says so. */
  | (PixelMask & { readonly do: 'mask'; readonly risks: readonly PixelRisk[] });

/** How pixels are masked. */
export interface PixelMask {
  /** Blackened in every frame. */
  readonly rectangles: readonly Rectangle[];
  /** Layout in the original. */
  readonly format: PixelFormat;
  /** Of the masked instance: what was compressed comes out as Explicit VR Little Endian. */
  readonly transferSyntaxUID: string;
}

const ROWS = tagOf('Rows');
const COLUMNS = tagOf('Columns');
const REGIONS = tagOf('SequenceOfUltrasoundRegions');
const MIN_X = tagOf('RegionLocationMinX0');
const MIN_Y = tagOf('RegionLocationMinY0');
const MAX_X = tagOf('RegionLocationMaxX1');
const MAX_Y = tagOf('RegionLocationMaxY1');

function fits(device: DeviceSignature, facts: DataSetFacts): boolean {
  const isText = (keyword: string, wanted: string | undefined): boolean =>
    wanted === undefined || facts.text(tagOf(keyword)).join('\\') === wanted;
  const isNumber = (tag: number, wanted: number | undefined): boolean =>
    wanted === undefined || facts.numbers(tag)[0] === wanted;
  return (
    isText('Modality', device.modality) &&
    isText('Manufacturer', device.manufacturer) &&
    isText('ManufacturerModelName', device.model) &&
    isText('SOPClassUID', device.sopClassUID) &&
    isNumber(ROWS, device.rows) &&
    isNumber(COLUMNS, device.columns)
  );
}

/** What is left of a frame without the regions: strips, row by row of their edges. */
function outsideOf(regions: readonly Rectangle[], columns: number, rows: number): Rectangle[] {
  const edges = [...new Set([0, rows, ...regions.flatMap(({ y, height }) => [y, y + height])])].sort((a, b) => a - b);
  const strips: Rectangle[] = [];
  edges.slice(0, -1).forEach((y, at) => {
    const height = (edges[at + 1] ?? rows) - y;
    const covered = regions
      .filter((region) => region.y <= y && region.y + region.height >= y + height)
      .sort((a, b) => a.x - b.x);
    let x = 0;
    for (const region of covered) {
      if (region.x > x) strips.push({ x, y, width: region.x - x, height });
      x = Math.max(x, region.x + region.width);
    }
    if (x < columns) strips.push({ x, y, width: columns - x, height });
  });
  return strips;
}

/** Everything outside the regions that an ultrasound device declares (PS3.3 §C.8.5.5); undefined without regions. */
function outsideUltrasoundRegions(facts: DataSetFacts): Rectangle[] | undefined {
  const [rows = 0] = facts.numbers(ROWS);
  const [columns = 0] = facts.numbers(COLUMNS);
  const regions = facts.items(REGIONS).flatMap((item): Rectangle[] => {
    const [x, y, right, bottom] = [MIN_X, MIN_Y, MAX_X, MAX_Y].map((tag) => item.numbers(tag)[0]);
    if (x === undefined || y === undefined || right === undefined || bottom === undefined) return [];
    const isInside = x <= right && y <= bottom && right < columns && bottom < rows;
    return isInside ? [{ x, y, width: right - x + 1, height: bottom - y + 1 }] : [];
  });
  return regions.length === 0 ? undefined : outsideOf(regions, columns, rows);
}

/**
 * Decides about the pixels of a data set by the policy of a profile. A mask for the device counts unless such images are left out or
 * sent as they are.
 * @param reviewed what somebody who has looked wants to be blackened; empty: nothing. It counts before the policy.
 */
export function decidePixels(facts: DataSetFacts, policy: PixelPolicy, reviewed?: readonly Rectangle[]): PixelDecision {
  const risks = pixelRisks(facts);
  if (risks.length === 0 || (reviewed === undefined && policy.atRisk === 'pass')) {
    return { do: 'pass', risks, isReviewed: false };
  }
  if (reviewed === undefined && policy.atRisk === 'exclude') return { do: 'exclude', risks };
  const rectangles =
    reviewed ??
    policy.masks.find(({ device }) => fits(device, facts))?.rectangles ??
    (policy.atRisk === 'mask' ? outsideUltrasoundRegions(facts) : undefined);
  if (rectangles?.length === 0) return { do: 'pass', risks, isReviewed: true };
  const format = pixelFormatOf(facts);
  const transferSyntaxUID = maskedSyntaxOf(facts);
  if (rectangles === undefined || format === undefined || transferSyntaxUID === undefined)
    return { do: 'review', risks };
  return { do: 'mask', risks, rectangles, format, transferSyntaxUID };
}

/** The device and kind of image that a data set is from, as masks name them. */
export function deviceOf(facts: DataSetFacts): DeviceSignature {
  const text = (keyword: string): string => facts.text(tagOf(keyword)).join('\\');
  const [rows] = facts.numbers(ROWS);
  const [columns] = facts.numbers(COLUMNS);
  const texts = {
    modality: text('Modality'),
    manufacturer: text('Manufacturer'),
    model: text('ManufacturerModelName'),
    sopClassUID: text('SOPClassUID'),
  };
  const given = Object.entries(texts).filter(([, value]) => value !== '');
  return {
    ...Object.fromEntries(given),
    ...(rows !== undefined && { rows }),
    ...(columns !== undefined && { columns }),
  };
}

/** The transfer syntax of an instance when it is masked; undefined when nobody here can. */
function maskedSyntaxOf({ transferSyntaxUID }: DataSetFacts): string | undefined {
  const { encapsulated, deflated } = transferSyntaxOf(transferSyntaxUID);
  if (deflated) return undefined;
  if (!encapsulated) return transferSyntaxUID;
  return isDecodable(transferSyntaxUID) ? EXPLICIT_VR_LITTLE_ENDIAN : undefined;
}

/** The elements that a decoded image needs beside its pixels. */
export function maskMarks(facts: DataSetFacts, { format }: PixelMask): DataElement[] {
  if (!transferSyntaxOf(facts.transferSyntaxUID).encapsulated || format.samplesPerPixel === 1) return [];
  const decoded = decodedFormat(facts.transferSyntaxUID, format);
  return [
    textElement(tagOf('PhotometricInterpretation'), decoded.photometricInterpretation),
    uint16Element(tagOf('PlanarConfiguration'), 0),
  ];
}

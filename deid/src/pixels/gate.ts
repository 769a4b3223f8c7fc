import { tagOf } from '@viaduct/dicom/dictionary';
import type { DataSetFacts } from '@viaduct/dicom/part10';
import type { DeviceSignature, PixelPolicy, Rectangle } from './policy.ts';
import { type PixelRisk, pixelRisks } from './risk.ts';

/** What is to happen with the pixels of an instance. */
export type PixelDecision =
  | { readonly do: 'pass'; readonly risks: readonly PixelRisk[] }
  /** The instance is left out, or held until a person has looked at it. */
  | { readonly do: 'exclude' | 'review'; readonly risks: readonly PixelRisk[] }
  /** The rectangles of every frame are to be blackened before the instance leaves. */
  | { readonly do: 'mask'; readonly risks: readonly PixelRisk[]; readonly rectangles: readonly Rectangle[] };

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
    const [[x], [y], [right], [bottom]] = [MIN_X, MIN_Y, MAX_X, MAX_Y].map((tag) => item.numbers(tag)) as [
      number[],
      number[],
      number[],
      number[],
    ];
    if (x === undefined || y === undefined || right === undefined || bottom === undefined) return [];
    const isInside = x <= right && y <= bottom && right < columns && bottom < rows;
    return isInside ? [{ x, y, width: right - x + 1, height: bottom - y + 1 }] : [];
  });
  return regions.length === 0 ? undefined : outsideOf(regions, columns, rows);
}

/** Decides about the pixels of a data set by the policy of a profile. */
export function decidePixels(facts: DataSetFacts, policy: PixelPolicy): PixelDecision {
  const risks = pixelRisks(facts);
  if (risks.length === 0) return { do: 'pass', risks };
  if (policy.atRisk !== 'mask') return { do: policy.atRisk, risks };
  const rectangles =
    policy.masks.find(({ device }) => fits(device, facts))?.rectangles ?? outsideUltrasoundRegions(facts);
  return rectangles === undefined ? { do: 'review', risks } : { do: 'mask', risks, rectangles };
}

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { PART_LIMITS, planParts, typicalBytes } from './parts.ts';
import type { PlannableInstance } from './parts.ts';

function series(number: number, count: number, bytes: number | null = null, modality = 'CT'): PlannableInstance[] {
  return Array.from({ length: count }, (_, index) => ({
    sopInstanceUid: `1.${number}.${index}`,
    seriesInstanceUid: `1.${number}`,
    modality,
    bytes,
  }));
}
const sizes = (instances: PlannableInstance[]) => planParts(instances).map((part) => part.sopInstanceUids.length);

test.each([
  ['nothing', [], []],
  ['a study that fits one part', [...series(1, 100), ...series(2, 400)], [500]],
  ['a study of several parts', [...series(1, 300), ...series(2, 300), ...series(3, 100)], [300, 400]],
  ['a series above the limit stays whole', [...series(1, 10), ...series(2, 900), ...series(3, 5)], [10, 900, 5]],
  ['large images', [...series(1, 20, null, 'MG'), ...series(2, 20, null, 'MG')], [20, 20]],
  ['known sizes win over typical ones', [...series(1, 20, 1000, 'MG'), ...series(2, 20, 1000, 'MG')], [40]],
])('%s', (_name, instances, expected) => {
  expect(sizes(instances)).toEqual(expected);
});

test('every instance is in exactly one part, series stay whole, limits hold but for a single series', () => {
  const study = fc
    .array(fc.tuple(fc.integer({ min: 1, max: 600 }), fc.constantFrom('CT', 'MG', 'US')), { maxLength: 12 })
    .map((counts) => counts.flatMap(([count, modality], index) => series(index, count, null, modality)));
  fc.assert(
    fc.property(study, (instances) => {
      const parts = planParts(instances);
      const all = parts.flatMap((part) => part.sopInstanceUids);
      expect(all.toSorted()).toEqual(instances.map((each) => each.sopInstanceUid).toSorted());
      const seriesOf = (uid: string) => uid.split('.').slice(0, 2).join('.');
      const perPart = parts.map((part) => new Set(part.sopInstanceUids.map(seriesOf)));
      expect(perPart.reduce((sum, set) => sum + set.size, 0)).toBe(new Set(all.map(seriesOf)).size);
      parts.forEach((part, index) => {
        if (perPart[index]?.size === 1) return;
        expect(part.sopInstanceUids.length).toBeLessThanOrEqual(PART_LIMITS.maxInstances);
        expect(part.bytes).toBeLessThanOrEqual(PART_LIMITS.maxBytes);
      });
    }),
    { numRuns: 50 },
  );
});

test('unknown modalities have a usual size', () => {
  expect(typicalBytes('ZZ')).toBe(600 * 1024);
});

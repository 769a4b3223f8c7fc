import { typicalImageBytes } from '@viaduct/domain';
import type { BasketItem, NodeExperience } from '../types.ts';

/** What was learned from past transfers, by source. */
export type Experience = readonly NodeExperience[];

/** Images that an item of a basket stands for; null where its source did not say how many. */
export function imagesIn({ study, seriesInstanceUids, chosenInstances }: BasketItem): number | null {
  return seriesInstanceUids.length === 0 ? study.numberOfInstances : chosenInstances;
}

/** Bytes of an image of a study: as they came from its source of late, else as is usual; undefined: unknown. */
function imageBytes({ nodeId, modalities }: BasketItem['study'], experience: Experience): number | undefined {
  const key = modalities.toSorted().join();
  const measured = experience.find((each) => each.nodeId === nodeId)?.sizes ?? [];
  const same = measured.find((each) => each.modalities.toSorted().join() === key);
  return same?.imageBytes ?? typicalImageBytes(modalities);
}

/** About how many bytes a basket has; undefined where that cannot be known. */
export function bytesOf(basket: readonly BasketItem[], experience: Experience): number | undefined {
  return basket.reduce<number | undefined>((sum, item) => {
    const [images, bytes] = [imagesIn(item), imageBytes(item.study, experience)];
    return sum === undefined || images === null || bytes === undefined ? undefined : sum + images * bytes;
  }, 0);
}

/** How long the studies of one source take at the speed at which they came of late, ms; undefined: unknown. */
export function workOf(basket: readonly BasketItem[], nodeId: string, experience: Experience): number | undefined {
  const speed = experience.find((each) => each.nodeId === nodeId)?.imagesPerSecond;
  const images = basket
    .filter(({ study }) => study.nodeId === nodeId)
    .reduce<number | null>((sum, item) => {
      const own = imagesIn(item);
      return sum === null || own === null ? null : sum + own;
    }, 0);
  return speed && images !== null ? (1_000 * images) / speed : undefined;
}

import { formatCount } from '../format.ts';

/** A number and its noun: `1 study`, `1,204 images`. */
export function countOf(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}

export const studies = (count: number) => countOf(count, 'study', 'studies');
export const seriesOf = (count: number) => countOf(count, 'series', 'series');
export const images = (count: number) => countOf(count, 'image');
export const patients = (count: number) => countOf(count, 'patient');

/** Parts of a sentence joined as people do: `a, b and c`. */
export function listOf(parts: readonly string[]): string {
  if (parts.length < 2) return parts.join('');
  return `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}`;
}

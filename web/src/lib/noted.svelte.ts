import { SAMPLE_EVERY, withSample } from './sparkline.ts';

/** Values of the last minutes, noted for as long as the component lives, oldest first; null is not noted. */
export function noted(value: () => number | null): () => readonly number[] {
  let values = $state.raw<readonly number[]>([]);
  const withNow = () => {
    const now = value();
    return now === null ? values : withSample(values, now);
  };
  $effect(() => {
    const timer = setInterval(() => (values = withNow()), SAMPLE_EVERY);
    return () => clearInterval(timer);
  });
  return withNow;
}

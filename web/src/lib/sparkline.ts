/** The paths of a small line over the area below it. Values oldest first, the largest (or `top`) at the upper edge. */
export function sparklinePath(
  values: readonly number[],
  width: number,
  height: number,
  top?: number,
): { line: string; area: string } {
  if (values.length < 2) return { line: `M0,${height - 1}H${width}`, area: '' };
  const largest = Math.max(top ?? 0, ...values) || 1;
  const x = (index: number) => round((index / (values.length - 1)) * width);
  const y = (value: number) => round(height - 1 - (Math.max(0, value) / largest) * (height - 2));
  const line = values.map((value, index) => `${index === 0 ? 'M' : 'L'}${x(index)},${y(value)}`).join('');
  return { line, area: `${line}L${width},${height}L0,${height}Z` };
}

const round = (value: number) => Math.round(value * 10) / 10;

/** How often a line that grows on the page is added to, ms, and how many samples it keeps. */
export const SAMPLE_EVERY = 2_000;
const KEPT = 90;

/** Adds a sample and forgets the oldest ones. */
export function withSample(values: readonly number[], value: number): number[] {
  return [...values, value].slice(-KEPT);
}

/** The time that the samples of a line cover, ms; undefined while it begins where the page was opened. */
export function spanOf(values: readonly number[]): number | undefined {
  return values.length < KEPT ? undefined : KEPT * SAMPLE_EVERY;
}

/** How far a job has come. */
export interface Progress {
  /** Studies, and those of them that nobody has begun. */
  readonly tasks: number;
  readonly untouched: number;
  /** Images of the others, and those of them that are stored or have failed. */
  readonly expected: number;
  readonly over: number;
}

/** Images that are left; studies that nobody has looked at are taken to be as large as the others. Undefined: unknown. */
export function imagesLeft({ tasks, untouched, expected, over }: Progress): number | undefined {
  const known = tasks - untouched;
  if (known <= 0 || expected === 0) return undefined;
  return Math.max(0, expected - over) + (expected / known) * untouched;
}

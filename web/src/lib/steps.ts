import type { Step } from './types.ts';
import { steps as names } from './words/states.ts';

const ORDER = Object.keys(names);

/** Steps in the order in which they began; those of one part, which begin together, in the order its images go through. */
export function inOrder(steps: readonly Step[]): Step[] {
  const groups = new Map<string, Step[]>();
  for (const step of steps) {
    const key = step.partNo === null ? `step ${step.id}` : `part ${step.runNo} ${step.partNo}`;
    groups.set(key, [...(groups.get(key) ?? []), step]);
  }
  const rank = ({ step }: Step) => ORDER.indexOf(step);
  return [...groups.values()].flatMap((group) => group.toSorted((a, b) => a.attempt - b.attempt || rank(a) - rank(b)));
}

import { expect } from 'vitest';

/** All parts have been stored, none of them twice. */
export function expectStoredOnce(journal: readonly string[], parts: number): void {
  const stored = journal.filter((line) => line.endsWith('stored'));
  expect(stored).toHaveLength(parts);
  expect(new Set(stored).size).toBe(parts);
}

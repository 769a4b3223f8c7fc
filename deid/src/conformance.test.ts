import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { conformanceStatement } from '../scripts/conformance.ts';

test('the conformance statement says what the engine does now', () => {
  const page = readFileSync(new URL('../../docs/deidentification.md', import.meta.url), 'utf8');
  expect(page).toBe(conformanceStatement());
});

/** Writes docs/deidentification.md. Run from the repository root: `node deid/scripts/generateConformance.ts`. */
import { writeFileSync } from 'node:fs';
import { conformanceStatement } from './conformance.ts';

writeFileSync(new URL('../../docs/deidentification.md', import.meta.url), conformanceStatement());

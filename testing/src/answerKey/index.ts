/** An answer key for de-identification in the manner of MIDI-B: planted studies, what must become of them, and a scorer. */
export { plantedStudy } from './generate.ts';
export type { Category, Check, PlantedFile } from './key.ts';
export { type Persona, personaOf } from './persona.ts';
export { type Answer, type Score, score } from './score.ts';

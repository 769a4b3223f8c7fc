/** Pseudonymization: elements in, edits out (PS3.15 Annex E). */
export { DeidError, type DeidReason } from './errors.ts';
export { shiftDate } from './dates.ts';
export { dateShiftDays, derivePseudonym, patientHash } from './keyed.ts';
export type { Trial } from './marks.ts';
export {
  type DeidReport,
  type Pseudonymizer,
  type PseudonymizerSettings,
  createPseudonymizer,
} from './pseudonymizer.ts';

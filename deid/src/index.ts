/** De-identification: elements in, edits out (PS3.15 Annex E). */
export type { Decision, DroppedText, InvalidValue, Observe } from './context.ts';
export { DeidError, type DeidReason } from './errors.ts';
export { shiftDate } from './dates.ts';
export { dateShiftDays, deriveIdentifier, derivePseudonym, isDerivedPseudonym, patientHash } from './keyed.ts';
export type { Trial } from './marks.ts';
export type { ProfileOptions } from './options.ts';
export type { ReadBytes } from './pixels/frames.ts';
export type { PixelDecision, PixelMask } from './pixels/gate.ts';
export type { PixelFormat } from './pixels/format.ts';
export { MODULES } from './modules.ts';
export { maskPixels } from './pixels/maskPixels.ts';
export type { DeviceSignature, MaskRule, PixelPolicy, Rectangle } from './pixels/policy.ts';
export { pictureOf } from './pixels/picture.ts';
export type { PixelRisk } from './pixels/risk.ts';
export type { SafePrivateAttribute } from './privates.ts';
export {
  BUILT_IN_PROFILES,
  type Profile,
  type ProfileRule,
  type RuleAction,
  type RuleMatch,
  builtInProfile,
} from './profile.ts';
export { formatProfile, parseProfile, profileHash } from './profileJson.ts';
export { profileWarnings } from './profileWarnings.ts';
export {
  type DeidReport,
  type Pseudonymizer,
  type PseudonymizerSettings,
  createPseudonymizer,
} from './pseudonymizer.ts';
export { type Change, type Outcome, type PreviewRow, changeRecorder, previewer } from './record.ts';
export { type InstanceRecord, type RuleCount, type StudyReport, reportPage, studyReports } from './studyReport.ts';

/** Closed list of why a data set cannot be de-identified. */
export type DeidReason =
  /** The object carries a document (PDF, CDA, a model) and the profile wants none replaced, or recorded speech: it cannot be cleaned. */
  | 'encapsulated-document'
  /** The object is a DICOMDIR: it is to be made anew from the new files, not edited (PS3.15 §E.1.1). */
  | 'media-directory'
  /** The project key has fewer than 16 bytes. */
  | 'key-too-short'
  /** The text is no profile; `problems` says why. */
  | 'profile-invalid'
  /** The pixels cannot be masked or looked through: a compression or layout that nobody here can read. */
  | 'pixels-not-maskable';

/** A data set that must not leave, or settings that make no pseudonymizer. Never carries attribute values. */
export class DeidError extends Error {
  override readonly name = 'DeidError';
  readonly reason: DeidReason;
  /** What is wrong with a profile, in words. */
  readonly problems: readonly string[];

  constructor(reason: DeidReason, problems: readonly string[] = []) {
    super(reason);
    this.reason = reason;
    this.problems = problems;
  }
}

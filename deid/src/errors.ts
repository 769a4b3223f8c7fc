/** Closed list of why a data set cannot be pseudonymized. */
export type DeidReason =
  /** The object carries a document (PDF, CDA, a model) that cannot be cleaned; PS3.15 has no option for it. */
  | 'encapsulated-document'
  /** The project key has fewer than 16 bytes. */
  | 'key-too-short';

/** A data set that must not leave, or settings that make no pseudonymizer. Never carries attribute values. */
export class DeidError extends Error {
  override readonly name = 'DeidError';
  readonly reason: DeidReason;

  constructor(reason: DeidReason) {
    super(reason);
    this.reason = reason;
  }
}

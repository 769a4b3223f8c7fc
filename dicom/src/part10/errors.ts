/** Closed list of what can be wrong with a DICOM file or data set. */
export type Part10Reason =
  /** The file cannot be opened or read; fact `code` is the system's error code. */
  | 'unreadable'
  /** No `DICM` prefix (PS3.10 §7.1). */
  | 'not-part10'
  /** The file meta information names no transfer syntax. */
  | 'transfer-syntax-missing'
  /** The bytes end inside an element. */
  | 'truncated'
  /** The bytes are no data set in the transfer syntax they claim. */
  | 'malformed'
  /** Sequences are nested deeper than any real data set. */
  | 'too-deep'
  /** What must be held in memory (all but pixel data; everything of a deflated data set) is larger than allowed. */
  | 'too-large'
  /** The deflated data set cannot be inflated. */
  | 'deflate-failed'
  /** A value does not fit in the length field of its VR. */
  | 'value-too-long'
  /** Text has characters that the data set's character set lacks. */
  | 'text-not-encodable';

/** A file or data set that cannot be read, edited or written. Never carries attribute values. */
export class Part10Error extends Error {
  override readonly name = 'Part10Error';
  readonly reason: Part10Reason;
  /** Where: offset (bytes), tag, code of the system error. */
  readonly facts: Readonly<Record<string, string | number>>;

  constructor(reason: Part10Reason, facts: Readonly<Record<string, string | number>> = {}) {
    super(reason);
    this.reason = reason;
    this.facts = facts;
  }
}

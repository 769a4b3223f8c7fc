import type { DimseCause } from '../dimse/errors.ts';

/** What goes wrong with a DICOMweb server, in the words that the DIMSE services have for the same. */
export type WebCause = Extract<
  DimseCause,
  | 'connection-refused'
  | 'connect-timeout'
  | 'host-unknown'
  | 'tls-failure'
  | 'closed-without-response'
  | 'silent-peer'
  | 'protocol-violation'
  | 'refused-out-of-resources'
  | 'status-failure'
  | 'instance-broken'
  | 'canceled'
>;

/** A failed request to a DICOMweb server. Neither message nor facts contain attribute values or secrets. */
export class WebError extends Error {
  override readonly name = 'WebError';
  readonly reason: WebCause;
  /** Numbers and words for the sentence a person reads: `httpStatus`, `waitedMs`, `problem` of TLS. */
  readonly facts: Readonly<Record<string, string | number>>;

  constructor(reason: WebCause, facts: Readonly<Record<string, string | number>> = {}) {
    super(reason);
    this.reason = reason;
    this.facts = facts;
  }
}

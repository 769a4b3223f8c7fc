/** Closed list of what goes wrong between two application entities; read by the retry policy. */
export type DimseCause =
  | 'connection-refused'
  | 'connect-timeout'
  | 'host-unknown'
  | 'tls-failure'
  | 'called-ae-rejected'
  | 'calling-ae-rejected'
  | 'association-rejected'
  | 'association-rejected-transient'
  | 'context-not-accepted'
  | 'aborted-by-peer'
  | 'closed-without-response'
  | 'silent-peer'
  | 'protocol-violation'
  | 'refused-out-of-resources'
  | 'move-destination-unknown'
  | 'status-failure'
  | 'instance-broken'
  | 'canceled';

/** A failed operation with a peer. The message never contains attribute values. */
export class DimseError extends Error {
  override readonly name = 'DimseError';
  readonly reason: DimseCause;
  /** Numbers for the sentence a person reads: host, port, status, waited ms, result/source/reason of a rejection. */
  readonly facts: Readonly<Record<string, string | number>>;

  constructor(reason: DimseCause, facts: Readonly<Record<string, string | number>> = {}) {
    super(reason);
    this.reason = reason;
    this.facts = facts;
  }
}

import { DeidError, type DeidReason } from '@viaduct/deid';
import { DimseError, type DimseCause, type TlsProblem } from '@viaduct/dicom/dimse';
import { Part10Error, type Part10Reason } from '@viaduct/dicom/part10';

/** The command was called wrongly: exit code 2. The message is for people. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Not everything that was asked for happened: exit code 1. The message is for people. */
export class Failure extends Error {
  override readonly name = 'Failure';
}

const PEER_SENTENCES: Readonly<Record<DimseCause, string>> = {
  'connection-refused': 'nobody listens there, or the network does not lead there',
  'connect-timeout': 'the connection did not come about in time',
  'host-unknown': 'there is no host of this name',
  'tls-failure': 'TLS failed',
  'called-ae-rejected': 'the peer does not know the called AE title (--called)',
  'calling-ae-rejected': 'the peer does not let our AE title in (--calling)',
  'association-rejected': 'the peer rejected the association',
  'association-rejected-transient': 'the peer has no room for an association just now',
  'context-not-accepted': 'the peer does not offer this service, SOP class or transfer syntax',
  'aborted-by-peer': 'the peer aborted the association',
  'closed-without-response': 'the peer closed the connection without an answer',
  'silent-peer': 'the peer fell silent',
  'protocol-violation': 'the peer does not keep to the protocol',
  'refused-out-of-resources': 'the peer is out of resources',
  'move-destination-unknown': 'the peer does not know the destination AE title (--to)',
  'status-failure': 'the peer answered with a failure',
  'instance-broken': 'the instance cannot be sent: its file is broken',
  canceled: 'canceled',
};

const TLS_SENTENCES: Readonly<Record<TlsProblem, string>> = {
  'certificate-untrusted': "we trust no authority of the peer's certificate (--tls-ca)",
  'certificate-expired': "the peer's certificate is not valid at this time",
  'certificate-name': "the peer's certificate is for another name (--tls-name)",
  'our-certificate-refused': 'the peer refuses our certificate (--tls-cert)',
  'our-certificate-required': 'the peer wants a certificate of ours (--tls-cert)',
  'closed-after-handshake':
    'the peer closed the connection after the TLS handshake, as for a certificate that it refuses',
  'no-tls': 'the peer does not speak TLS',
  'file-missing': 'cannot be read',
  'key-unusable':
    'is not the key of the certificate, or its passphrase (FILE.passphrase beside it) is wrong or missing',
  handshake: 'the TLS handshake failed',
};

const isTlsProblem = (problem: unknown): problem is TlsProblem =>
  typeof problem === 'string' && Object.hasOwn(TLS_SENTENCES, problem);

const FILE_SENTENCES: Readonly<Record<Part10Reason, string>> = {
  unreadable: 'cannot be read',
  'not-part10': 'is no DICOM file',
  'transfer-syntax-missing': 'names no transfer syntax',
  truncated: 'ends in the middle of an element',
  malformed: 'is no data set in the transfer syntax it names',
  'too-deep': 'has sequences nested too deeply',
  'too-large': 'has a header too large to be held in memory',
  'deflate-failed': 'cannot be inflated',
  'value-too-long': 'has a value that is too long',
  'text-not-encodable': 'has text that its character set lacks',
};

const DEID_SENTENCES: Readonly<Record<DeidReason, string>> = {
  'encapsulated-document': 'carries a document, which nobody can clean',
  'media-directory': 'is a DICOMDIR, which is to be made anew',
  'key-too-short': 'the secret has fewer than 16 bytes',
  'profile-invalid': 'is no profile',
  'pixels-not-maskable': 'has pixels that cannot be masked',
};

/** Numbers in `facts` that help, as `status 0xA700, 10000 ms`. */
function facts({ facts: all }: DimseError | Part10Error): string {
  const words = Object.entries(all).map(([name, value]) => {
    if (name === 'status') return `status 0x${Number(value).toString(16).toUpperCase().padStart(4, '0')}`;
    if (name === 'waitedMs') return `waited ${Number(value) / 1000} s`;
    return name === 'code' ? String(value) : `${name} ${value}`;
  });
  return words.length === 0 ? '' : ` (${words.join(', ')})`;
}

/** What went wrong, for people. Never holds attribute values. */
export function sentenceOf(error: unknown): string {
  if (error instanceof DimseError && isTlsProblem(error.facts['problem'])) return TLS_SENTENCES[error.facts['problem']];
  if (error instanceof DimseError) return `${PEER_SENTENCES[error.reason]}${facts(error)}`;
  if (error instanceof Part10Error) return `${FILE_SENTENCES[error.reason]}${facts(error)}`;
  if (error instanceof DeidError) return [DEID_SENTENCES[error.reason], ...error.problems].join('; ');
  if (error instanceof UsageError || error instanceof Failure) return error.message;
  if (error instanceof Error && 'code' in error) return `the system says ${String(error.code)}`;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

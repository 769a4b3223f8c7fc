import { isCause, type Cause } from '@viaduct/domain';

/** Facts for the sentence of a cause: numbers, names of hosts, status codes. Never about a patient. */
export type PacsFacts = Readonly<Record<string, string | number>>;

/** What went wrong with a node, in the words of the domain. */
export class PacsError extends Error {
  override readonly name = 'PacsError';
  readonly reason: Cause;
  readonly facts: PacsFacts;

  constructor(reason: Cause, facts: PacsFacts = {}) {
    super(reason);
    this.reason = reason;
    this.facts = facts;
  }
}

const BY_CODE: Readonly<Record<string, Cause>> = {
  ENOSPC: 'disk-full',
  EDQUOT: 'disk-full',
  EROFS: 'folder-not-writable',
  EACCES: 'folder-not-writable',
  EPERM: 'folder-not-writable',
  ENOENT: 'folder-missing',
  ENOTDIR: 'folder-missing',
};

/** The domain's word for an error of a peer or of a folder; anything else is passed on as it is. */
export function toPacsError(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof PacsError) return error;
  const { reason, facts, code } = error as Error & { reason?: unknown; facts?: PacsFacts; code?: unknown };
  if (isCause(reason)) return new PacsError(reason, facts);
  const cause = typeof code === 'string' ? BY_CODE[code] : undefined;
  return cause ? new PacsError(cause) : error;
}

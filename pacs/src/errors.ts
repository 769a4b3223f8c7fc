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

/** Who was asked: what the sentence of a failure names. */
export interface Asked {
  readonly host: string;
  readonly port: number;
  readonly calledAETitle?: string;
  readonly callingAETitle?: string;
}

/**
 * The domain's word for an error of a peer or of a folder; anything else is passed on as it is.
 * @param asked adds address and AE titles to the facts, for the words of the cause
 */
export function toPacsError(error: unknown, asked?: Asked): unknown {
  if (!(error instanceof Error) || error instanceof PacsError) return error;
  const { reason, facts, code } = error as Error & { reason?: unknown; facts?: PacsFacts; code?: unknown };
  if (isCause(reason)) return new PacsError(causeOf(reason, facts), { ...addressOf(asked), ...facts });
  const cause = typeof code === 'string' ? BY_CODE[code] : undefined;
  return cause ? new PacsError(cause) : error;
}

/** What HTTP says about a sign-in has a cause of its own. */
function causeOf(reason: Cause, facts: PacsFacts | undefined): Cause {
  const { httpStatus } = facts ?? {};
  return reason === 'status-failure' && (httpStatus === 401 || httpStatus === 403) ? 'sign-in-refused' : reason;
}

function addressOf(asked: Asked | undefined): PacsFacts {
  const { host, port, calledAETitle, callingAETitle } = asked ?? {};
  return {
    ...(host && { host }),
    ...(port && { port }),
    ...(calledAETitle && { calledAETitle }),
    ...(callingAETitle && { callingAETitle }),
  };
}

/** Why something failed or waits: the closed list that pages translate and the retry policy reads. */
export const CAUSES = [
  'connection-refused',
  'connect-timeout',
  'host-unknown',
  'tls-failure',
  'sign-in-refused',
  'called-ae-rejected',
  'calling-ae-rejected',
  'association-rejected',
  'association-rejected-transient',
  'context-not-accepted',
  'aborted-by-peer',
  'closed-without-response',
  'silent-peer',
  'protocol-violation',
  'refused-out-of-resources',
  'status-failure',
  'move-destination-unknown',
  'move-arrived-nothing',
  'move-not-delivered',
  'study-unknown',
  'instance-withheld',
  'not-at-destination',
  'instance-broken',
  'document-not-cleanable',
  'burned-in-risk',
  'left-out',
  'attribute-coerced',
  'folder-outside-roots',
  'folder-missing',
  'folder-not-writable',
  'disk-full',
  'file-exists',
  'spool-full',
  'spool-lost',
  'host-lost',
  'node-suspended',
  'node-gone',
  'pseudonym-conflict',
  'canceled',
  'window-closed',
  'internal',
] as const;
export type Cause = (typeof CAUSES)[number];

/** Type guard for causes that come from the database or a peer. */
export function isCause(text: unknown): text is Cause {
  return typeof text === 'string' && (CAUSES as readonly string[]).includes(text);
}

/** What to do about a cause: give up at once, try again a few times, or wait for as long as it takes. */
export type RetryClass = 'never' | 'few' | 'wait';

const NEVER: ReadonlySet<Cause> = new Set([
  'sign-in-refused',
  'called-ae-rejected',
  'calling-ae-rejected',
  'association-rejected',
  'move-destination-unknown',
  'study-unknown',
  'folder-outside-roots',
  'folder-missing',
  'instance-broken',
  'document-not-cleanable',
  'burned-in-risk',
  'left-out',
  'file-exists',
  'node-gone',
  'pseudonym-conflict',
  'canceled',
  'window-closed',
  'tls-failure',
  'host-unknown',
]);
const WAIT: ReadonlySet<Cause> = new Set(['disk-full', 'spool-full', 'node-suspended', 'folder-not-writable']);

/** How a cause is treated by the retry policy. */
export function retryClassOf(cause: Cause): RetryClass {
  return NEVER.has(cause) ? 'never' : WAIT.has(cause) ? 'wait' : 'few';
}

const UNREACHABLE: ReadonlySet<Cause> = new Set([
  'connection-refused',
  'connect-timeout',
  'association-rejected-transient',
  'aborted-by-peer',
  'closed-without-response',
  'silent-peer',
]);

/** Whether a cause says that a node cannot be worked with now, whatever it is asked for. */
export const isUnreachable = (cause: Cause): boolean => UNREACHABLE.has(cause);

/** Attempts (including the first) and delays for causes of the class `few`. */
export interface RetryLimits {
  readonly maxAttempts: number;
  readonly initialDelayMs: number;
  readonly maxDelayMs: number;
}

/** Delay before the next attempt in ms, or undefined when there shall be none. `attempt` counts from 1. */
export function retryDelay(cause: Cause, attempt: number, limits: RetryLimits): number | undefined {
  const kind = retryClassOf(cause);
  if (kind === 'never' || (kind === 'few' && attempt >= limits.maxAttempts)) return undefined;
  return Math.min(limits.initialDelayMs * 2 ** (attempt - 1), limits.maxDelayMs);
}

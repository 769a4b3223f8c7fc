import { COMMAND } from './command.ts';
import { Operation } from './operation.ts';
import { statusError } from './status.ts';
import type { Peer } from './types.ts';
import { SOP_CLASS, UNCOMPRESSED } from './uids.ts';

/** How long each step of a C-ECHO took, in ms. */
export interface EchoTimes {
  /** TCP, and TLS where it is spoken. */
  readonly connectMs: number;
  readonly associateMs: number;
  readonly echoMs: number;
}

/**
 * Verifies that a peer answers (C-ECHO, PS3.4 §A.4).
 * @throws DimseError for each way it does not: what `connect` throws, `context-not-accepted`, `silent-peer`, `aborted-by-peer`,
 * `closed-without-response`, `status-failure`, `canceled`
 */
export async function echo(peer: Peer, { signal }: { signal?: AbortSignal } = {}): Promise<EchoTimes> {
  const start = performance.now();
  let connected = start;
  const onConnected = () => (connected = performance.now());
  const verification = { abstractSyntax: SOP_CLASS.verification, transferSyntaxes: UNCOMPRESSED };
  await using operation = await Operation.open(peer, [verification], { signal, onConnected });
  const associated = performance.now();
  await operation.request({ commandField: COMMAND.echoRequest, affectedSOPClassUID: SOP_CLASS.verification });
  const { status } = await operation.response();
  const error = statusError(status);
  if (error !== undefined) throw error;
  return { connectMs: connected - start, associateMs: associated - connected, echoMs: performance.now() - associated };
}

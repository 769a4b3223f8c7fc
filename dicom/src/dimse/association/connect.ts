import { connect as connectSocket } from 'node:net';
import type { Socket } from 'node:net';
import { DimseError } from '../errors.ts';
import type { Peer, PresentationContextProposal } from '../types.ts';
import { Association } from './association.ts';
import { socketError } from './connection.ts';
import { buildRequest, readAccept, rejectionError } from './negotiation.ts';

/**
 * Establishes an association with a peer (PS3.8 §7.1): TCP with TCP_NODELAY, A-ASSOCIATE-RQ, its answer.
 * @param proposals - 1 to 128; they get the context ids 1, 3, 5 … in this order.
 * @param options.signal - aborts the establishing, and the association for as long as it lives.
 * @throws DimseError `connection-refused`, `host-unknown`, `connect-timeout`, `silent-peer`, the rejections, `aborted-by-peer`,
 * `closed-without-response`, `protocol-violation`, `canceled`
 */
export async function connect(
  peer: Peer,
  proposals: readonly PresentationContextProposal[],
  options: { signal?: AbortSignal } = {},
): Promise<Association> {
  const request = buildRequest(peer, proposals);
  const socket = await openSocket(peer, options.signal);
  const association = new Association(socket, peer);
  const onAbort = () => association.abort(new DimseError('canceled'));
  options.signal?.addEventListener('abort', onAbort, { once: true });
  void association.closed.then(() => options.signal?.removeEventListener('abort', onAbort));
  if (options.signal?.aborted) onAbort();
  try {
    await association.sendPdu(request);
    const answer = await association.associatePdu((pdu) => {
      if (pdu.kind !== 'associate-accept') return;
      const { callingAETitle, calledAETitle } = peer;
      const contexts = readAccept(request, pdu);
      association.open({ callingAETitle, calledAETitle, contexts, peerMaxLength: pdu.user.maxLength });
    });
    if (answer.kind === 'associate-accept') return association;
    if (answer.kind === 'associate-request') throw new DimseError('protocol-violation', { what: 'associate' });
    const rejection = rejectionError(answer);
    association.destroy(rejection);
    throw rejection;
  } catch (error) {
    association.abort(error instanceof DimseError ? error : undefined, { source: 2, reason: 2 });
    throw error;
  }
}

function openSocket(peer: Peer, signal: AbortSignal | undefined): Promise<Socket> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(new DimseError('canceled'));
    const socket = connectSocket({ host: peer.host, port: peer.port, noDelay: true });
    const settle = (error?: DimseError) => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      socket.off('error', onError);
      if (error === undefined) return resolve(socket);
      socket.on('error', () => undefined);
      socket.destroy();
      reject(error);
    };
    const onAbort = () => settle(new DimseError('canceled'));
    const onError = (error: Error) => settle(socketError(error));
    const timer = setTimeout(
      () => settle(new DimseError('connect-timeout', { waitedMs: peer.connectTimeoutMs })),
      peer.connectTimeoutMs,
    );
    signal?.addEventListener('abort', onAbort, { once: true });
    socket.once('error', onError);
    socket.once('connect', () => settle());
  });
}

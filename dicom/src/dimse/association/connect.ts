import { connect as connectSocket } from 'node:net';
import type { Socket } from 'node:net';
import { DimseError } from '../errors.ts';
import type { Peer, PresentationContextProposal } from '../types.ts';
import { Association } from './association.ts';
import { socketError } from './connection.ts';
import { release } from './release.ts';
import { connectTls } from './tls.ts';
import { buildRequest, readAccept, rejectionError } from './negotiation.ts';

/** The most that is taken from a connection at a time, in bytes. */
const READ_BYTES = 256 * 1024;

/** What may be wished of an association beyond its presentation contexts. */
export interface ConnectOptions {
  /** Aborts the establishing, and the association for as long as it lives. */
  readonly signal?: AbortSignal;
  /** Operations that we would like to have outstanding (PS3.7 §D.3.3.3); 1 if it is left out. */
  readonly window?: number;
  /** Called when the connection stands, with TLS if that is asked for, before the association is negotiated. */
  readonly onConnected?: () => void;
}

/**
 * Establishes an association with a peer (PS3.8 §7.1): TCP with TCP_NODELAY, TLS if the peer has it, A-ASSOCIATE-RQ, its answer.
 * @param proposals - 1 to 128; they get the context ids 1, 3, 5 … in this order.
 * @throws DimseError `connection-refused`, `host-unknown`, `connect-timeout`, `tls-failure`, `silent-peer`, the rejections, `aborted-by-peer`,
 * `closed-without-response`, `protocol-violation`, `canceled`
 */
export async function connect(
  peer: Peer,
  proposals: readonly PresentationContextProposal[],
  options: ConnectOptions = {},
): Promise<Association> {
  const request = buildRequest(peer, proposals, options.window);
  const socket = await openSocket(peer, options.signal);
  options.onConnected?.();
  const association = new Association(socket, peer);
  association.throttle(peer.throttle);
  if (peer.tls) socket.on('data', release);
  const onAbort = () => association.abort(new DimseError('canceled'));
  options.signal?.addEventListener('abort', onAbort, { once: true });
  void association.closed.then(() => options.signal?.removeEventListener('abort', onAbort));
  if (options.signal?.aborted) onAbort();
  try {
    await association.sendPdu(request);
    const answer = await association.associatePdu((pdu) => {
      if (pdu.kind !== 'associate-accept') return;
      association.open(readAccept(request, pdu));
    });
    if (answer.kind === 'associate-accept') return association;
    if (answer.kind === 'associate-request') throw new DimseError('protocol-violation', { what: 'associate' });
    const rejection = rejectionError(answer);
    association.destroy(rejection);
    throw rejection;
  } catch (error) {
    association.abort(error instanceof DimseError ? error : undefined, { source: 2, reason: 2 });
    const closed = error instanceof DimseError && error.reason === 'closed-without-response';
    throw peer.tls && closed ? new DimseError('tls-failure', { problem: 'closed-after-handshake' }) : error;
  }
}

/** Reads into the same memory again and again: nobody keeps a chunk beyond its event, and new memory for each is dear. */
function connectTcp(host: string, port: number): Socket {
  const buffer = Buffer.alloc(READ_BYTES);
  const callback = (length: number): boolean => socket.emit('data', buffer.subarray(0, length));
  const socket: Socket = connectSocket({ host, port, noDelay: true, onread: { buffer, callback } });
  return socket;
}

function openSocket(peer: Peer, signal: AbortSignal | undefined): Promise<Socket> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(new DimseError('canceled'));
    const { host, port, tls } = peer;
    const socket = tls ? connectTls(peer, tls) : connectTcp(host, port);
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
    socket.once(tls ? 'secureConnect' : 'connect', () => settle());
  });
}

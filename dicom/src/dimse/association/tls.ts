import { isIP } from 'node:net';
import type { Socket } from 'node:net';
import { checkServerIdentity, connect, createServer } from 'node:tls';
import type { ConnectionOptions, Server, TLSSocket } from 'node:tls';
import { DimseError } from '../errors.ts';
import type { Peer, TlsClient, TlsServer } from '../types.ts';

/** The BCP 195 RFC 9325 TLS profile (PS3.15 §B.12): TLS 1.3, or 1.2 with forward secrecy and authenticated encryption. */
const BCP_195 = {
  minVersion: 'TLSv1.2',
  ciphers: [
    'TLS_AES_128_GCM_SHA256',
    'TLS_AES_256_GCM_SHA384',
    'TLS_CHACHA20_POLY1305_SHA256',
    'ECDHE-ECDSA-AES128-GCM-SHA256',
    'ECDHE-RSA-AES128-GCM-SHA256',
    'ECDHE-ECDSA-AES256-GCM-SHA384',
    'ECDHE-RSA-AES256-GCM-SHA384',
  ].join(':'),
} as const;

/** What is wrong with a TLS connection, in `facts.problem` of a `tls-failure`. */
export type TlsProblem =
  | 'certificate-untrusted'
  | 'certificate-expired'
  | 'certificate-name'
  | 'our-certificate-refused'
  | 'our-certificate-required'
  /** The peer closed without a word as soon as TLS stood: most likely it does not trust our certificate. */
  | 'closed-after-handshake'
  | 'no-tls'
  /** One of our own files cannot be read, or is not the key of the certificate; `facts.file` names it. */
  | 'file-missing'
  | 'key-unusable'
  | 'handshake';

/** What Node needs to speak TLS with a host as a client. */
export function tlsOptions(host: string, { serverName = host, ...credentials }: TlsClient = {}): ConnectionOptions {
  return {
    ...credentials,
    ...BCP_195,
    // Server Name Indication takes names only (RFC 6066 §3).
    servername: isIP(serverName) === 0 ? serverName : '',
    checkServerIdentity: (_, certificate) => checkServerIdentity(serverName, certificate),
  };
}

/** Opens a TLS connection; it emits `secureConnect` when the peer's certificate was found right, else `error`. */
export function connectTls({ host, port }: Peer, tls: TlsClient): TLSSocket {
  return connect({ host, port, ...tlsOptions(host, tls) }).setNoDelay(true);
}

/** A server that hands sockets on when their handshake is done, and closes those whose handshake fails or takes too long. */
export function createTlsServer(
  { cert, key, passphrase, clientCa }: TlsServer,
  handshakeTimeout: number,
  onSocket: (socket: TLSSocket) => void,
): Server {
  const client = clientCa === undefined ? {} : { ca: clientCa, requestCert: true, rejectUnauthorized: true };
  const options = { cert, key, passphrase, ...client, ...BCP_195, handshakeTimeout, noDelay: true };
  // Node tells of a handshake that takes too long, and leaves its connection open.
  return createServer(options, onSocket).on('tlsClientError', (error: Error & { code?: string }, socket) => {
    if (error.code === 'ERR_TLS_HANDSHAKE_TIMEOUT') socket.destroy();
  });
}

/** Why a client was not let in: its certificate, or a handshake that failed. */
export function refusedClient(error: Error & { code?: string }, { authorizationError }: TLSSocket): DimseError {
  const code = String(authorizationError ?? error.code ?? 'handshake');
  return tlsError(code) ?? new DimseError('tls-failure', { problem: 'handshake', code });
}

/** Common name in the certificate of the other end, where it gave one. */
export function certificateNameOf(socket: Socket): string | undefined {
  if (!('getPeerCertificate' in socket)) return undefined;
  const name = (socket as TLSSocket).getPeerCertificate().subject?.CN;
  return typeof name === 'string' ? name : name?.[0];
}

/** The `tls-failure` that a code of OpenSSL or Node stands for; undefined for codes of other layers. */
export function tlsError(code: string): DimseError | undefined {
  const problem = problemOf(code);
  return problem && new DimseError('tls-failure', { problem, code });
}

function problemOf(code: string): TlsProblem | undefined {
  if (/ALTNAME/.test(code)) return 'certificate-name';
  if (/^CERT_(HAS_EXPIRED|NOT_YET_VALID)$/.test(code)) return 'certificate-expired';
  if (/^(CERT_|SELF_SIGNED|DEPTH_ZERO|UNABLE_TO|INVALID_(CA|PURPOSE)|PATH_LENGTH)/.test(code))
    return 'certificate-untrusted';
  if (/ALERT_(CERTIFICATE_REQUIRED|HANDSHAKE_FAILURE)/.test(code)) return 'our-certificate-required';
  if (/ALERT_(UNKNOWN_CA|BAD_CERTIFICATE|CERTIFICATE|UNSUPPORTED_CERTIFICATE|ACCESS)/.test(code))
    return 'our-certificate-refused';
  if (/WRONG_VERSION_NUMBER|PACKET_LENGTH|HTTP_REQUEST/.test(code)) return 'no-tls';
  return /^(ERR_SSL|ERR_TLS|ERR_OSSL|EPROTO)/.test(code) ? 'handshake' : undefined;
}

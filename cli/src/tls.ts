import { DimseError, readPem, readTlsIdentity, type TlsClient, type TlsServer } from '@viaduct/dicom/dimse';
import type { Options, Values } from './command.ts';
import { Failure, sentenceOf, UsageError } from './failure.ts';

/** Options of commands that call a peer over TLS. */
export const TLS_CLIENT_OPTIONS = {
  tls: { type: 'boolean', help: 'speaks TLS (BCP 195); the options below imply it' },
  'tls-ca': { type: 'string', value: 'FILE', help: "trusts these authorities (PEM) instead of the system's" },
  'tls-name': { type: 'string', value: 'NAME', help: "name that must be in the peer's certificate, if not its host" },
  'tls-cert': {
    type: 'string',
    value: 'FILE',
    help: 'our certificate with its chain (PEM), for peers that ask for it',
  },
  'tls-key': {
    type: 'string',
    value: 'FILE',
    help: 'its key (PEM); the passphrase, if it has one, in FILE.passphrase',
  },
} as const satisfies Options;

/** Options of commands that listen. */
export const TLS_SERVER_OPTIONS = {
  'tls-cert': {
    type: 'string',
    value: 'FILE',
    help: 'speaks TLS (BCP 195) only, with this certificate and chain (PEM)',
  },
  'tls-key': {
    type: 'string',
    value: 'FILE',
    help: 'its key (PEM); the passphrase, if it has one, in FILE.passphrase',
  },
  'tls-client-ca': {
    type: 'string',
    value: 'FILE',
    help: 'lets in only peers with a certificate of these authorities',
  },
} as const satisfies Options;

/** @throws Failure that names the file */
function naming(error: unknown): never {
  throw error instanceof DimseError ? new Failure(`${error.facts['file']}: ${sentenceOf(error)}`) : error;
}

const pem = (file: string) => readPem(file).catch(naming);

/** A certificate and its key, or neither. @throws UsageError for one without the other; Failure */
async function identity(cert: string | undefined, key: string | undefined) {
  if (cert === undefined && key === undefined) return undefined;
  if (cert === undefined || key === undefined) throw new UsageError('--tls-cert and --tls-key belong together');
  return readTlsIdentity({ cert, key }).catch(naming);
}

/** TLS as the options want it; undefined without. @throws UsageError, Failure */
export async function tlsClient(values: Values<typeof TLS_CLIENT_OPTIONS>): Promise<TlsClient | undefined> {
  const { 'tls-ca': ca, 'tls-name': serverName } = values;
  const own = await identity(values['tls-cert'], values['tls-key']);
  if (!values.tls && ca === undefined && serverName === undefined && own === undefined) return undefined;
  return {
    ...own,
    ...(ca !== undefined && { ca: await pem(ca) }),
    ...(serverName !== undefined && { serverName }),
  };
}

/** TLS of a listening port as the options want it; undefined without. @throws UsageError, Failure */
export async function tlsServer(values: Values<typeof TLS_SERVER_OPTIONS>): Promise<TlsServer | undefined> {
  const clientCa = values['tls-client-ca'];
  const own = await identity(values['tls-cert'], values['tls-key']);
  if (own === undefined && clientCa !== undefined)
    throw new UsageError('--tls-client-ca needs --tls-cert and --tls-key');
  return own && { ...own, ...(clientCa !== undefined && { clientCa: await pem(clientCa) }) };
}

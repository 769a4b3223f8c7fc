import { readFileSync } from 'node:fs';
import { SettingsError } from './errors.ts';

/** What a connection to Temporal is secured with. */
export interface TemporalTls {
  readonly serverRootCACertificate: Buffer;
  readonly clientCertPair?: { readonly crt: Buffer; readonly key: Buffer };
}

/** The bytes of the file that a setting names; undefined where it names none. Throws SettingsError without the contents. */
export function readNamedFile<Name extends string>(settings: Record<Name, string>, name: Name): Buffer | undefined {
  const file = settings[name];
  if (file === '') return undefined;
  try {
    return readFileSync(file);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
    throw new SettingsError(`${name}: ${file} cannot be read (${code})`);
  }
}

/**
 * Reads the certificates for Temporal (PEM): those of the authority alone, or with our own for mutual TLS.
 * Undefined where no authority is named. Throws SettingsError when a file is missing.
 */
export function readTemporalTls(
  settings: Record<'TEMPORAL_TLS_CA_FILE' | 'TEMPORAL_TLS_CERT_FILE' | 'TEMPORAL_TLS_KEY_FILE', string>,
): TemporalTls | undefined {
  const [authority, crt, key] = (
    ['TEMPORAL_TLS_CA_FILE', 'TEMPORAL_TLS_CERT_FILE', 'TEMPORAL_TLS_KEY_FILE'] as const
  ).map((name) => readNamedFile(settings, name));
  if (Boolean(crt) !== Boolean(key))
    throw new SettingsError('TEMPORAL_TLS_CERT_FILE and TEMPORAL_TLS_KEY_FILE belong together.');
  if (!authority) {
    if (crt) throw new SettingsError('TEMPORAL_TLS_CERT_FILE needs TEMPORAL_TLS_CA_FILE.');
    return undefined;
  }
  return { serverRootCACertificate: authority, ...(crt && key ? { clientCertPair: { crt, key } } : {}) };
}

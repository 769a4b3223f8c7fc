import { readFile } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import { DimseError } from '../errors.ts';
import type { TlsIdentity } from '../types.ts';

/** Reads certificates or a key (PEM). @throws DimseError `tls-failure` with the `problem` `file-missing` and the `file` */
export async function readPem(file: string): Promise<string> {
  return readFile(file, 'utf8').catch(() => {
    throw new DimseError('tls-failure', { problem: 'file-missing', file });
  });
}

/**
 * Reads a certificate and its key. The passphrase of an encrypted key lies in a file beside it: `<key>.passphrase`.
 * @throws DimseError `tls-failure` with the `file` and the `problem`: `file-missing`, or `key-unusable` when it is not the key of the
 * certificate or cannot be decrypted
 */
export async function readTlsIdentity({ cert, key }: { cert: string; key: string }): Promise<TlsIdentity> {
  const passphrase = await readFile(`${key}.passphrase`, 'utf8').then(
    (text) => text.replace(/\r?\n$/, ''),
    () => undefined,
  );
  const identity = { cert: await readPem(cert), key: await readPem(key), passphrase };
  try {
    createSecureContext(identity);
  } catch {
    throw new DimseError('tls-failure', { problem: 'key-unusable', file: key });
  }
  return identity;
}

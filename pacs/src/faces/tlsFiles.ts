import path from 'node:path';
import { DimseError, readPem, readTlsIdentity, type TlsClient } from '@viaduct/dicom/dimse';
import { PacsError } from '../errors.ts';
import type { GatewayNode } from '../node.ts';

/**
 * Reads the certificates and the key that a node names (PEM), each time anew so that renewed ones count at once.
 * @param folder where they lie; names that lead out of it are refused
 * @throws PacsError `tls-failure` with the `problem` `file-missing` or `key-unusable` and the name of the `file`
 */
export async function readTls(
  folder: string,
  { tlsCa, tlsCertificate, tlsKey }: Pick<GatewayNode, 'tlsCa' | 'tlsCertificate' | 'tlsKey'>,
): Promise<TlsClient> {
  const place = (file: string) => {
    if (path.basename(file) !== file) throw new PacsError('tls-failure', { problem: 'file-missing', file });
    return path.join(folder, file);
  };
  try {
    return {
      ...(tlsCa && { ca: await readPem(place(tlsCa)) }),
      ...(tlsCertificate && tlsKey && (await readTlsIdentity({ cert: place(tlsCertificate), key: place(tlsKey) }))),
    };
  } catch (error) {
    if (!(error instanceof DimseError)) throw error;
    throw new PacsError(error.reason, { ...error.facts, file: path.basename(String(error.facts['file'])) });
  }
}

import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { TlsClient } from '@viaduct/dicom/dimse';
import { PacsError } from '../errors.ts';
import type { GatewayNode } from '../node.ts';

/**
 * Reads the certificates and the key that a node names (PEM), each time anew so that renewed ones count at once.
 * @param folder where they lie; names that lead out of it are refused
 * @throws PacsError `tls-failure` with the `problem` `file-missing` and the name of the `file`
 */
export async function readTls(
  folder: string,
  { tlsCa, tlsCertificate, tlsKey }: Pick<GatewayNode, 'tlsCa' | 'tlsCertificate' | 'tlsKey'>,
): Promise<TlsClient> {
  const read = async (file: string | null) => {
    if (!file) return undefined;
    if (path.basename(file) !== file) throw new PacsError('tls-failure', { problem: 'file-missing', file });
    return readFile(path.join(folder, file), 'utf8').catch(() => {
      throw new PacsError('tls-failure', { problem: 'file-missing', file });
    });
  };
  const [ca, cert, key] = await Promise.all([tlsCa, tlsCertificate, tlsKey].map(read));
  return { ca, cert, key };
}

import { SettingsError, type Settings } from '@viaduct/configuration';
import { DimseError, readPem, readTlsIdentity, type TlsServer } from '@viaduct/dicom/dimse';

/** The settings that name the files. */
export type ReceiverTlsSettings = Pick<
  Settings,
  'VIADUCT_RECEIVER_TLS_CERT_FILE' | 'VIADUCT_RECEIVER_TLS_KEY_FILE' | 'VIADUCT_RECEIVER_TLS_CA_FILE'
>;

/**
 * TLS of the receiver as the settings want it; undefined without.
 * @throws SettingsError when one setting needs another, or a file cannot be used
 */
export async function readReceiverTls({
  VIADUCT_RECEIVER_TLS_CERT_FILE: cert,
  VIADUCT_RECEIVER_TLS_KEY_FILE: key,
  VIADUCT_RECEIVER_TLS_CA_FILE: clientCa,
}: ReceiverTlsSettings): Promise<TlsServer | undefined> {
  if (cert === '' && key === '' && clientCa === '') return undefined;
  if (cert === '' || key === '')
    throw new SettingsError('VIADUCT_RECEIVER_TLS_CERT_FILE and VIADUCT_RECEIVER_TLS_KEY_FILE belong together.');
  try {
    return {
      ...(await readTlsIdentity({ cert, key })),
      ...(clientCa !== '' && { clientCa: await readPem(clientCa) }),
    };
  } catch (error) {
    if (!(error instanceof DimseError)) throw error;
    const { problem, file } = error.facts;
    const isKey = problem === 'key-unusable';
    throw new SettingsError(
      `VIADUCT_RECEIVER_TLS_*_FILE: ${file} ${isKey ? 'is not the key of the certificate, or its passphrase is wrong or missing' : 'cannot be read'}.`,
    );
  }
}

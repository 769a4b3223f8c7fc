import { z } from 'zod';

const milliseconds = z.int().min(100).max(3_600_000);

/** How long a server may take. */
export const dicomTimeouts = {
  connectTimeoutMs: milliseconds.optional(),
  associationTimeoutMs: milliseconds.optional(),
  responseTimeoutMs: milliseconds.optional(),
  idleTimeoutMs: milliseconds.optional(),
};

/** Defined terms of Specific Character Set, PS3.3 §C.12.1.1.2, that queries may be sent in. */
export const QUERY_CHARACTER_SETS = [
  'ISO_IR 6',
  'ISO_IR 100',
  'ISO_IR 101',
  'ISO_IR 109',
  'ISO_IR 110',
  'ISO_IR 144',
  'ISO_IR 127',
  'ISO_IR 126',
  'ISO_IR 138',
  'ISO_IR 148',
  'ISO_IR 166',
  'ISO_IR 13',
  'ISO_IR 192',
  'GB18030',
  'GBK',
] as const;
export const queryCharacterSet = z.enum(QUERY_CHARACTER_SETS);

const webAddress = z
  .url({ protocol: /^https?$/, error: 'Enter an address that begins with https:// or http://.' })
  .max(2_000)
  .refine((url) => !URL.canParse(url) || new URL(url).username === '', 'The user belongs into its own field.');
const prefix = z
  .string()
  .trim()
  .max(200)
  .regex(/^(?:[\w.~-]+(?:\/[\w.~-]+)*)?$/, 'A path without a slash at its ends, or nothing.');

/** The DICOMweb face of a server (PS3.18). */
export const webFace = {
  webUrl: webAddress.nullable().optional().meta({ description: 'Root of its DICOMweb services; null: it has none' }),
  webQidoPrefix: prefix.optional(),
  webWadoPrefix: prefix.optional(),
  webStowPrefix: prefix.optional(),
  webAuth: z.enum(['none', 'basic', 'bearer', 'oauth2', 'header']).optional(),
  webAuthName: z
    .string()
    .trim()
    .min(1)
    .max(200)
    .nullable()
    .optional()
    .meta({ description: 'User (basic), client id (oauth2) or name of the header (header)' }),
  webAuthTokenUrl: webAddress.nullable().optional().meta({ description: 'Where tokens are asked for (oauth2)' }),
};

const tlsFile = z
  .string()
  .trim()
  .regex(/^\w[\w.-]{0,99}$/, 'The name of a file, without folders.')
  .nullable()
  .optional();

/** TLS of a server (PS3.15 §B.12): certificates and keys are files on every host, below VIADUCT_TLS_FILES. */
export const tls = {
  tls: z.boolean().optional().meta({ description: 'The DICOM face is spoken to over TLS' }),
  tlsCa: tlsFile.meta({ description: 'File (PEM) of the authorities that we trust; null: those of the system' }),
  tlsCertificate: tlsFile.meta({ description: 'File (PEM) of our certificate, where the server asks for one' }),
  tlsKey: tlsFile.meta({ description: 'File (PEM) of its private key' }),
  tlsServerName: z
    .string()
    .trim()
    .min(1)
    .max(253)
    .nullable()
    .optional()
    .meta({ description: 'Name in the certificate of the DICOM face; null: its host' }),
};

/** Password, token or client secret of the DICOMweb face: kept sealed, never shown. */
export const webSecret = z
  .string()
  .min(1)
  .max(4_000)
  .nullable()
  .optional()
  .meta({ description: 'Write-only. Password, token or client secret; null removes it' });

import { isIP } from 'node:net';
import path from 'node:path';
import { z } from 'zod';
import { SettingsError } from './errors.ts';
import { readNamedFile } from './files.ts';

export { SettingsError } from './errors.ts';
export { readTemporalTls, type TemporalTls } from './files.ts';

const port = (fallback: number) => z.coerce.number().int().min(0).max(65535).default(fallback);
const milliseconds = (fallback: number) => z.coerce.number().int().min(100).default(fallback);
const aeTitle = (fallback: string) =>
  z
    .string()
    .trim()
    .min(1)
    .max(16)
    .regex(/^[\x20-\x5b\x5d-\x7e]+$/, 'printable ASCII without backslash')
    .default(fallback);

const listOf = (text: string) =>
  text
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
/** An IP address, or one with the length of its prefix. */
function isNetwork(text: string): boolean {
  const [address = '', prefix, ...more] = text.split('/');
  const bits = isIP(address) === 6 ? 128 : 32;
  return (
    isIP(address) !== 0 &&
    more.length === 0 &&
    (prefix === undefined || (/^\d+$/.test(prefix) && Number(prefix) <= bits))
  );
}

/** Every environment variable that Viaduct reads; `docs/configuration.md` is generated from the descriptions. */
export const settingsSchema = z.object({
  VIADUCT_HOME: z.string().default('var').describe('Folder below which all data lies.'),
  DATABASE_URL: z
    .string()
    .default('')
    .describe('PostgreSQL 15 or newer with its extension pg_trgm; empty: an embedded one is started.'),
  DATABASE_URL_FILE: z
    .string()
    .default('')
    .describe(
      'File that holds DATABASE_URL and is read where that is empty: its password then stands in no environment.',
    ),
  TEMPORAL_ADDRESS: z
    .string()
    .default('')
    .describe('host:port of a Temporal server; empty: a development server is started.'),
  TEMPORAL_NAMESPACE: z.string().default('dicom').describe('Temporal namespace of all workflows.'),
  TEMPORAL_TLS_CA_FILE: z
    .string()
    .default('')
    .describe('Certificate (PEM) of the authority the Temporal server must be signed by; empty: no TLS to Temporal.'),
  TEMPORAL_TLS_CERT_FILE: z
    .string()
    .default('')
    .describe('Our certificate (PEM) where the Temporal server asks for one.'),
  TEMPORAL_TLS_KEY_FILE: z.string().default('').describe('Private key (PEM) of TEMPORAL_TLS_CERT_FILE.'),
  VIADUCT_HTTP_HOST: z.string().default('127.0.0.1').describe('Address on which people and programs reach Viaduct.'),
  VIADUCT_HTTP_PORT: port(4280).describe('Port of pages and API.'),
  VIADUCT_ORIGIN: z.string().default('').describe('Public URL; empty: derived from address and port.'),
  VIADUCT_WEB_HOST: z.string().default('127.0.0.1').describe('Where the api process finds the pages.'),
  VIADUCT_WEB_PORT: port(0).describe('Port on which the pages are served to the api process; 0: one that is free.'),
  VIADUCT_SECRET_FILES: z.string().default('').describe('Folder of the key files; empty: keys below VIADUCT_HOME.'),
  VIADUCT_TLS_FILES: z
    .string()
    .default('')
    .describe(
      'Folder of the certificates and keys (PEM) that nodes name for TLS, the same on every host; empty: tls below VIADUCT_HOME.',
    ),
  VIADUCT_HOST_NAME: z
    .string()
    .default('')
    .describe(
      'Name of this worker host for people, taken at the first start of its spool; empty: the name of the machine.',
    ),
  VIADUCT_SPOOL: z.string().default('').describe('Folder for instances in transit; empty: spool below VIADUCT_HOME.'),
  VIADUCT_FOLDER_ROOTS: z
    .string()
    .default('')
    .describe('Folders below which folder nodes may lie, separated by colons; empty: folders below VIADUCT_HOME.'),
  VIADUCT_AE_TITLE: aeTitle('VIADUCT').describe('Our calling AE title.'),
  VIADUCT_RECEIVER_AE_TITLE: aeTitle('VIADUCT_RX').describe('AE title of the receiver of this host.'),
  VIADUCT_RECEIVER_HOST: z.string().default('0.0.0.0').describe('Address the receiver listens on.'),
  VIADUCT_RECEIVER_PORT: port(11112).describe('Port of the receiver of this host.'),
  VIADUCT_RECEIVER_PEERS: z
    .string()
    .default('')
    .refine((text) => listOf(text).every(isNetwork), 'addresses or networks such as 10.1.0.0/16, separated by commas')
    .describe(
      'Addresses and networks from which the receiver takes associations, separated by commas; empty: any. The AE title must be that of a node in any case.',
    ),
  VIADUCT_RECEIVER_TLS_CERT_FILE: z
    .string()
    .default('')
    .describe('Certificate of the receiver with its chain (PEM): it speaks TLS only; empty: no TLS at the receiver.'),
  VIADUCT_RECEIVER_TLS_KEY_FILE: z
    .string()
    .default('')
    .describe(
      'Private key (PEM) of VIADUCT_RECEIVER_TLS_CERT_FILE; its passphrase, if it has one, lies beside it in a file of this name with `.passphrase` behind it.',
    ),
  VIADUCT_RECEIVER_TLS_CA_FILE: z
    .string()
    .default('')
    .describe(
      'Authorities (PEM): the receiver takes associations only from peers with a certificate of theirs; empty: from all.',
    ),
  VIADUCT_LOG_LEVEL: z
    .enum(['trace', 'debug', 'info', 'warn', 'error'])
    .default('info')
    .describe('Level of the structured logs.'),
  VIADUCT_CHUNK_SIZE: z.coerce.number().int().min(1).max(95).default(95).describe('Tasks of one chunk workflow.'),
  VIADUCT_MAX_ROUNDS: z.coerce
    .number()
    .int()
    .min(1)
    .max(10)
    .default(2)
    .describe('How often a task asks for its missing instances before it fails.'),
  VIADUCT_STORE_ASSOCIATIONS: z.coerce
    .number()
    .int()
    .min(1)
    .max(16)
    .default(2)
    .describe('Associations one part opens to its destination, inside the limit of the node.'),
  VIADUCT_HEARTBEAT_TIMEOUT_MS: milliseconds(15_000).describe(
    'How long a step may be silent before it is taken as lost.',
  ),
  VIADUCT_RETRY_INTERVAL_MS: milliseconds(5_000).describe('First delay before a failed or lost step runs again.'),
  VIADUCT_LEASE_TTL_MS: milliseconds(20_000).describe('How long an association slot stays taken without a renewal.'),
  VIADUCT_HOST_LOST_AFTER_MS: milliseconds(300_000).describe(
    'How long the queue of a host may stay unserved before its parts move to another host.',
  ),
  VIADUCT_PROBE_MINUTES: z.coerce
    .number()
    .min(0)
    .max(1_440)
    .default(5)
    .describe('How often an idle node is asked for a sign of life, in minutes; 0: never.'),
  VIADUCT_SEARCH_FRESH_MINUTES: z.coerce
    .number()
    .min(0)
    .max(1_440)
    .default(10)
    .describe(
      'How long a search is answered from what its source has said to the same question before, in minutes; 0: never.',
    ),
  VIADUCT_CATALOGUE_DAYS: z.coerce
    .number()
    .min(1)
    .max(3_650)
    .default(30)
    .describe('How long studies that searches have found stay in the catalogue, in days.'),
  VIADUCT_SPOOL_RESERVE_MB: z.coerce
    .number()
    .int()
    .min(0)
    .default(1024)
    .describe('Free space in the spool below which no part is admitted, in MB.'),
});

type Raw = z.output<typeof settingsSchema>;

/** Settings with every derived folder as an absolute path. */
export interface Settings extends Raw {
  readonly home: string;
  readonly secrets: string;
  readonly tlsFiles: string;
  readonly spool: string;
  readonly folderRoots: readonly string[];
  /** Addresses and networks that may connect to the receiver; none: any. */
  readonly receiverPeers: readonly string[];
  readonly origin: string;
}

/** Reads and validates the settings from the environment. Empty variables count as absent. */
export function readSettings(environment: NodeJS.ProcessEnv = process.env): Settings {
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
  const parsed = settingsSchema.safeParse(given);
  if (!parsed.success) {
    throw new SettingsError(parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('\n'));
  }
  const raw = parsed.data;
  const home = path.resolve(raw.VIADUCT_HOME);
  const below = (text: string, name: string) => (text ? path.resolve(text) : path.join(home, name));
  return {
    ...raw,
    DATABASE_URL: raw.DATABASE_URL || readNamedFile(raw, 'DATABASE_URL_FILE')?.toString('utf8').trim() || '',
    home,
    secrets: below(raw.VIADUCT_SECRET_FILES, 'keys'),
    tlsFiles: below(raw.VIADUCT_TLS_FILES, 'tls'),
    spool: below(raw.VIADUCT_SPOOL, 'spool'),
    folderRoots: (raw.VIADUCT_FOLDER_ROOTS || path.join(home, 'folders')).split(':').map((root) => path.resolve(root)),
    receiverPeers: listOf(raw.VIADUCT_RECEIVER_PEERS),
    origin: raw.VIADUCT_ORIGIN || `http://${raw.VIADUCT_HTTP_HOST}:${raw.VIADUCT_HTTP_PORT}`,
  };
}

import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { BUILT_IN_PROFILES, type Profile, parseProfile } from '@viaduct/deid';
import { UsageError } from '../failure.ts';
import { note } from '../output.ts';

const MIN_SECRET_BYTES = 16;
const SECRET_BYTES = 32;

async function textOf(name: string, file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    throw new UsageError(`${name} ${file} cannot be read (${code})`);
  }
}

/** The profile of a name, or in a JSON file. @throws UsageError, DeidError `profile-invalid` */
export async function profileOf(nameOrFile: string): Promise<Profile> {
  const builtIn = BUILT_IN_PROFILES.find(({ id }) => id === nameOrFile);
  if (builtIn !== undefined) return builtIn;
  if (!/[./]/.test(nameOrFile)) {
    const names = BUILT_IN_PROFILES.map(({ id }) => id).join(', ');
    throw new UsageError(`there is no profile ${nameOrFile}; there are ${names}, or name a file`);
  }
  const text = await textOf('--profile', nameOrFile);
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new UsageError(`--profile ${nameOrFile} is no JSON`);
  }
  return parseProfile(json);
}

function bytesOf(name: string, hex: string): Buffer {
  const text = hex.trim();
  if (!/^([0-9a-f]{2})+$/i.test(text)) throw new UsageError(`${name} must be hex digits, two for a byte`);
  const bytes = Buffer.from(text, 'hex');
  if (bytes.length < MIN_SECRET_BYTES) throw new UsageError(`${name} must have at least ${MIN_SECRET_BYTES} bytes`);
  return bytes;
}

/** The project's secret; without one a random one, whose results nothing else can be linked with. @throws UsageError */
export async function secretOf(hex: string | undefined, file: string | undefined): Promise<Buffer> {
  if (hex !== undefined && file !== undefined) throw new UsageError('--secret and --secret-file exclude each other');
  if (hex !== undefined) return bytesOf('--secret', hex);
  if (file !== undefined) return bytesOf('--secret-file', await textOf('--secret-file', file));
  note('no --secret: this run has one of its own, so that another run gives other UIDs, pseudonyms and dates');
  return randomBytes(SECRET_BYTES);
}

import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { link, mkdir, open, readFile, rm } from 'node:fs/promises';
import path from 'node:path';

const VERSION = 1;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const KEY_BYTES = 32;

/** Sealed bytes that cannot be opened: other key, other purpose, or changed. */
export class SealError extends Error {
  override readonly name = 'SealError';
}

/**
 * Encrypts with AES-256-GCM. `purpose` is authenticated with it, so that what is sealed for one column or row cannot
 * be put into another. Layout: version, nonce (12), tag (16), ciphertext.
 */
export function seal(masterKey: Uint8Array, bytes: Uint8Array, purpose: string): Buffer {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', masterKey, nonce).setAAD(Buffer.from(purpose));
  const encrypted = Buffer.concat([cipher.update(bytes), cipher.final()]);
  return Buffer.concat([Buffer.of(VERSION), nonce, cipher.getAuthTag(), encrypted]);
}

/** Opens what `seal` made with the same key and purpose; throws SealError otherwise. */
export function unseal(masterKey: Uint8Array, sealed: Uint8Array, purpose: string): Buffer {
  const bytes = Buffer.from(sealed);
  const body = 1 + NONCE_BYTES + TAG_BYTES;
  if (bytes.length < body || bytes[0] !== VERSION) throw new SealError('not sealed by this version');
  const decipher = createDecipheriv('aes-256-gcm', masterKey, bytes.subarray(1, 1 + NONCE_BYTES), {
    authTagLength: TAG_BYTES,
  });
  decipher.setAAD(Buffer.from(purpose)).setAuthTag(bytes.subarray(1 + NONCE_BYTES, body));
  try {
    return Buffer.concat([decipher.update(bytes.subarray(body)), decipher.final()]);
  } catch {
    throw new SealError('wrong key or changed');
  }
}

/**
 * Reads the 32-byte key `<folder>/<name>.key`, making it (mode 0600) at first use. Several processes may call it at
 * once: all get the key of the one that was first.
 */
export async function loadKey(folder: string, name: string): Promise<Buffer> {
  const file = path.join(folder, `${name}.key`);
  const existing = await readKey(file);
  if (existing) return existing;
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await createKey(file);
  const key = await readKey(file);
  if (!key) throw new SealError(`no key in ${file}`);
  return key;
}

async function readKey(file: string): Promise<Buffer | null> {
  try {
    const key = Buffer.from((await readFile(file, 'utf8')).trim(), 'base64');
    if (key.length !== KEY_BYTES) throw new SealError(`${file} does not hold a key of ${KEY_BYTES} bytes`);
    return key;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}

/** Written beside, made durable, then linked: a reader never sees half a key, and the first one stays. */
async function createKey(file: string): Promise<void> {
  const draft = `${file}.${randomBytes(6).toString('hex')}`;
  const handle = await open(draft, 'wx', 0o600);
  try {
    await handle.writeFile(`${randomBytes(KEY_BYTES).toString('base64')}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
  try {
    await link(draft, file);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  } finally {
    await rm(draft, { force: true });
  }
}

/** What the secret of a project is sealed for. */
export const projectKeyPurpose = (projectId: string): string => `project/${projectId}`;

/** What the secret of a node's DICOMweb face is sealed for. */
export const webSecretPurpose = (nodeId: string): string => `node/${nodeId}/web`;

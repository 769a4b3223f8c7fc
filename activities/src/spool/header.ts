import { readFile, rename, rm, writeFile } from 'node:fs/promises';

/** What goes out instead of an instance's own header, and which bytes of its file follow unchanged. */
export interface HeaderFacts {
  /** UID under which the destination will know the instance. */
  readonly outSopInstanceUID: string;
  readonly sopClassUID: string;
  readonly transferSyntaxUID: string;
  /** Byte range of the retrieved file that follows the header; null when nothing does. */
  readonly bulk: { readonly start: number; readonly end: number } | null;
  /** Bytes and SHA-256 (hex) of the outgoing data set: header and bulk together. */
  readonly bytes: number;
  readonly sha256: string;
}

/** A header file of the spool: its facts and the byte range of the header itself inside the file. */
export interface SpooledHeader extends HeaderFacts {
  readonly path: string;
  readonly start: number;
  readonly end: number;
}

/**
 * Writes a header file: one line of JSON, then the header's bytes; temporary name, then rename. It can be made anew
 * from the retrieved file at any time, so it is not forced to the disk; a torn one is recognised by `readHeader`.
 */
export async function writeHeader(path: string, facts: HeaderFacts, header: Uint8Array): Promise<SpooledHeader> {
  const line = Buffer.from(`${JSON.stringify({ ...facts, length: header.length })}\n`);
  const draft = `${path}.part`;
  try {
    await writeFile(draft, Buffer.concat([line, header]), { mode: 0o600 });
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
  await rename(draft, path);
  return { ...facts, path, start: line.length, end: line.length + header.length };
}

/** Reads the facts of a header file; null when it is missing or torn, so that it has to be made anew. */
export async function readHeader(path: string): Promise<SpooledHeader | null> {
  const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  const lineEnd = bytes?.indexOf(0x0a) ?? -1;
  if (!bytes || lineEnd < 0) return null;
  try {
    const { length, ...facts } = JSON.parse(bytes.toString('utf8', 0, lineEnd)) as HeaderFacts & { length: number };
    const start = lineEnd + 1;
    return bytes.length === start + length ? { ...facts, path, start, end: bytes.length } : null;
  } catch {
    return null;
  }
}

import { rmSync, writeFileSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';

/** What goes out instead of an instance's own header, and which bytes of its file follow unchanged. */
export interface HeaderFacts {
  /** UID under which the destination will know the instance. */
  readonly outSopInstanceUID: string;
  readonly sopClassUID: string;
  readonly transferSyntaxUID: string;
  /** Byte range of the retrieved file, or of `pixelsPath`, that follows the header; null when nothing does. */
  readonly bulk: { readonly start: number; readonly end: number } | null;
  /** Masked pixels instead of those of the retrieved file; null: nothing was masked. */
  readonly pixelsPath: string | null;
  /** Bytes and SHA-256 (hex) of the outgoing data set: header and bulk together. */
  readonly bytes: number;
  readonly sha256: string;
}

/** A header file of the spool: its facts, and where in it the bytes before and behind the bulk region are. */
export interface SpooledHeader extends HeaderFacts {
  readonly path: string;
  readonly start: number;
  /** End of the header and start of the trailer. */
  readonly end: number;
  readonly trailerEnd: number;
}

/**
 * Writes a header file: one line of JSON, the header, the trailer (what follows the bulk region, nearly always nothing).
 * It can be made anew from the retrieved file at any time, so it has its name at once and is not forced to the disk; a torn
 * one is recognised by `readHeader`. In place: whoever pseudonymizes is in a thread of its own.
 */
export function writeHeader(
  path: string,
  facts: HeaderFacts,
  header: Uint8Array,
  trailer: Uint8Array = new Uint8Array(),
): SpooledHeader {
  const lengths = { header: header.length, trailer: trailer.length };
  const line = Buffer.from(`${JSON.stringify({ facts, lengths })}\n`);
  try {
    writeFileSync(path, Buffer.concat([line, header, trailer]), { mode: 0o600 });
  } catch (error) {
    rmSync(path, { force: true });
    throw error;
  }
  return placed(path, facts, line.length, lengths);
}

interface Lengths {
  readonly header: number;
  readonly trailer: number;
}

function placed(path: string, facts: HeaderFacts, start: number, { header, trailer }: Lengths): SpooledHeader {
  return { ...facts, path, start, end: start + header, trailerEnd: start + header + trailer };
}

/** Reads the facts of a header file; null when it or its masked pixels are missing or torn: it has to be made anew. */
export async function readHeader(path: string): Promise<SpooledHeader | null> {
  const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  const lineEnd = bytes?.indexOf(0x0a) ?? -1;
  if (!bytes || lineEnd < 0) return null;
  try {
    const { facts, lengths } = JSON.parse(bytes.toString('utf8', 0, lineEnd)) as {
      facts: HeaderFacts;
      lengths: Lengths;
    };
    const header = placed(path, facts, lineEnd + 1, lengths);
    if (facts.pixelsPath && (await stat(facts.pixelsPath)).size !== facts.bulk?.end) return null;
    return bytes.length === header.trailerEnd ? header : null;
  } catch {
    return null;
  }
}

/** The pieces of the outgoing data set, in order (PS3.5 §7): header, bulk region (untouched, or the masked pixels), trailer. */
export function outgoingPieces(file: string, header: SpooledHeader): { path: string; start: number; end: number }[] {
  const pieces = [
    { path: header.path, start: header.start, end: header.end },
    ...(header.bulk ? [{ path: header.pixelsPath ?? file, ...header.bulk }] : []),
    { path: header.path, start: header.end, end: header.trailerEnd },
  ];
  return pieces.filter(({ start, end }) => end > start);
}

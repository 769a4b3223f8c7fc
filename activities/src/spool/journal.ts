import { closeSync, openSync, writeSync } from 'node:fs';
import { readFile } from 'node:fs/promises';

/** One acknowledgement of the destination. */
export interface JournalEntry {
  readonly sopInstanceUID: string;
  /** DIMSE status of the response: success or a warning. */
  readonly status: number;
  /** When it was acknowledged, ISO 8601. */
  readonly at: string;
  /** Where a folder destination put it, relative to the folder. */
  readonly outPath?: string;
  /** SHA-256 (hex) of the file in a folder destination. */
  readonly fileSha256?: string;
}

/**
 * What the destination has acknowledged of one part. A line is handed to the kernel in the same turn in which the response
 * is read, so a killed worker never sends an acknowledged instance again; the ledger may lag behind by its batch.
 */
export class StoredJournal implements Disposable {
  readonly #descriptor: number;
  #closed = false;

  private constructor(descriptor: number) {
    this.#descriptor = descriptor;
  }

  /** Opens a journal for appending; its folder must exist. */
  static open(file: string): StoredJournal {
    return new StoredJournal(openSync(file, 'a', 0o600));
  }

  /** Appends one acknowledgement. Synchronous on purpose. */
  append(entry: JournalEntry): void {
    // The line begins with a line break: a torn last line of an earlier life cannot swallow it.
    writeSync(this.#descriptor, `\n${JSON.stringify(entry)}`);
  }

  [Symbol.dispose](): void {
    if (this.#closed) return;
    this.#closed = true;
    closeSync(this.#descriptor);
  }
}

/** Reads a journal by SOP Instance UID; a missing file is an empty journal, a torn line is skipped. */
export async function readJournal(file: string): Promise<Map<string, JournalEntry>> {
  const entries = new Map<string, JournalEntry>();
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return entries;
    throw error;
  }
  for (const line of text.split('\n')) {
    const entry = parseLine(line);
    if (entry) entries.set(entry.sopInstanceUID, entry);
  }
  return entries;
}

function parseLine(line: string): JournalEntry | null {
  if (line === '') return null;
  try {
    const entry = JSON.parse(line) as Partial<JournalEntry>;
    return typeof entry.sopInstanceUID === 'string' && typeof entry.status === 'number' && typeof entry.at === 'string'
      ? (entry as JournalEntry)
      : null;
  } catch {
    return null;
  }
}

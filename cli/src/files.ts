import { opendir, stat } from 'node:fs/promises';
import path from 'node:path';
import { Part10Error } from '@viaduct/dicom/part10';

/** A file to send, and whether it was named itself or lies in a folder that was. */
export interface NamedFile {
  readonly path: string;
  readonly isNamed: boolean;
}

/**
 * All files below some paths, folders with their subfolders, in no order. Links in folders are not followed.
 * @throws Part10Error `unreadable` for a path that is not there
 */
export async function* filesOf(paths: readonly string[]): AsyncGenerator<NamedFile, void, undefined> {
  for (const given of paths) {
    try {
      if (!(await stat(given)).isDirectory()) {
        yield { path: given, isNamed: true };
        continue;
      }
      for await (const entry of await opendir(given, { recursive: true })) {
        if (entry.isFile()) yield { path: path.join(entry.parentPath, entry.name), isNamed: false };
      }
    } catch (error) {
      if (!(error instanceof Error && 'code' in error)) throw error;
      throw new Part10Error('unreadable', { code: String(error.code) });
    }
  }
}

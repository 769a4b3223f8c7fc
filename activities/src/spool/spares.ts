import { mkdir, readdir, rename, rm, truncate } from 'node:fs/promises';
import path from 'node:path';

/** Empty files that are kept. */
const MOST_SPARES = 1_000;

/**
 * Files of the spool that have done their work: emptied, and used again for the instances to come. A file system that makes and
 * removes many files a minute gets slow at it: ext4 steps over every inode that was removed lately before it gives a new one out.
 */
export class SpareFiles implements AsyncDisposable {
  readonly #folder: string;
  readonly #spares: string[] = [];
  #named = 0;
  #emptying: Promise<void> = Promise.resolve();

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** Opens the spares of a spool and empties what an earlier process has left there. @param folder - made if it is missing */
  static async open(folder: string): Promise<SpareFiles> {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const spares = new SpareFiles(folder);
    for (const name of await readdir(folder)) await spares.discard(path.join(folder, name));
    return spares;
  }

  /** An empty file that the caller may write and rename, or remove; undefined when there is none. */
  take(): string | undefined {
    return this.#spares.pop();
  }

  /** Takes a file or a folder, if it exists, out of the way. Its files are emptied and kept or removed after that. */
  async discard(unneeded: string): Promise<void> {
    const away = path.join(this.#folder, this.#newName('discarded'));
    try {
      await rename(unneeded, away);
    } catch {
      // It does not exist, or the disk has no room for a name.
      return rm(unneeded, { recursive: true, force: true });
    }
    const remove = () => rm(away, { recursive: true, force: true });
    // What cannot even be removed now is when the next process opens the spares.
    this.#emptying = this.#emptying
      .then(() => this.#empty(away))
      .then(remove, remove)
      .catch(() => undefined);
  }

  /** Waits until everything that was discarded is empty or gone. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#emptying;
  }

  async #empty(away: string): Promise<void> {
    const found = await readdir(away, { recursive: true, withFileTypes: true }).catch(() => []);
    for (const file of found) {
      if (!file.name.endsWith('.dcm') || this.#spares.length >= MOST_SPARES) continue;
      const spare = path.join(this.#folder, this.#newName('spare'));
      const full = path.join(file.parentPath, file.name);
      await truncate(full);
      await rename(full, spare);
      this.#spares.push(spare);
    }
  }

  #newName(kind: string): string {
    return `${kind}-${process.pid}-${Date.now()}-${(this.#named += 1)}`;
  }
}

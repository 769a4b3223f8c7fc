import { statfs } from 'node:fs/promises';

/** Free bytes of the file system a folder lies on, as an ordinary user may use them. */
export async function freeBytes(folder: string): Promise<number> {
  const facts = await statfs(folder);
  return facts.bavail * facts.bsize;
}

/**
 * Room in the spool: a part is admitted only while its expected size fits beside what is promised to others.
 * Promises live in this process; what has been written already shows in the free space itself.
 */
export class SpoolSpace {
  readonly #folder: string;
  readonly #keepFree: number;
  readonly #promised = new Map<string, number>();
  readonly #measure: (folder: string) => Promise<number>;

  /**
   * @param folder root of the spool
   * @param keepFree bytes that stay free whatever is admitted
   */
  constructor(folder: string, keepFree: number, measure: (folder: string) => Promise<number> = freeBytes) {
    this.#folder = folder;
    this.#keepFree = keepFree;
    this.#measure = measure;
  }

  /** Promises room for a part (bytes); false when there is none now. Asking again for the same part renews its promise. */
  async reserve(part: string, bytes: number): Promise<boolean> {
    const free = await this.#measure(this.#folder);
    let promised = 0;
    for (const [key, size] of this.#promised) if (key !== part) promised += size;
    if (free - promised - bytes < this.#keepFree) return false;
    this.#promised.set(part, bytes);
    return true;
  }

  /** Ends a promise: the part's bytes are on the disk, or will never come. */
  release(part: string): void {
    this.#promised.delete(part);
  }
}

import type { Script } from './script.ts';

/** Studies on slow storage (`nearline`): the first retrieve of each fetches it back. */
export class Nearline {
  readonly #script: Script;
  readonly #recalled = new Set<string>();

  constructor(script: Script) {
    this.#script = script;
  }

  /** Whether a study lies on slow storage now. */
  holds(studyInstanceUID: string): boolean {
    const { nearline } = this.#script.faults;
    if (nearline === undefined || this.#recalled.has(studyInstanceUID)) return false;
    return nearline.studies?.includes(studyInstanceUID) ?? true;
  }

  /** Fetches studies back, one after the other. @param pause says whether the operation was canceled, and so does this. */
  async recall(studies: Iterable<string>, pause: (ms: number) => Promise<boolean>): Promise<boolean> {
    for (const study of studies) {
      if (!this.holds(study)) continue;
      if (await pause(this.#script.faults.nearline?.delayMs ?? 0)) return true;
      this.#recalled.add(study);
    }
    return false;
  }
}

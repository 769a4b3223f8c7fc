import type { Faults } from './types.ts';

/** What an association is told to do next. */
export type Order = 'go-on' | 'abort' | 'hang';

/** The script of faults, changeable at any time; counts how often its limited faults have struck. */
export class Script {
  #faults: Faults;
  #withheld: ReadonlySet<string>;
  #aborts = 0;
  #hangs = 0;
  #changed = Promise.withResolvers<void>();

  constructor(faults: Faults = {}) {
    this.#faults = faults;
    this.#withheld = new Set(faults.withhold);
  }

  get faults(): Faults {
    return this.#faults;
  }

  /** Settles when the script is replaced. */
  get changed(): Promise<void> {
    return this.#changed.promise;
  }

  replace(faults: Faults): void {
    this.#faults = faults;
    this.#withheld = new Set(faults.withhold);
    this.#aborts = 0;
    this.#hangs = 0;
    this.#changed.resolve();
    this.#changed = Promise.withResolvers<void>();
  }

  withholds(sopInstanceUID: string): boolean {
    return this.#withheld.has(sopInstanceUID);
  }

  /** Asked before each instance. @param transferred - instances that went over this association until now. */
  order(transferred: number): Order {
    const { abortAfter, abortTimes = Infinity, hangAfter, hangTimes = Infinity } = this.#faults;
    if (abortAfter !== undefined && transferred >= abortAfter && this.#aborts < abortTimes) {
      this.#aborts++;
      return 'abort';
    }
    if (hangAfter !== undefined && transferred >= hangAfter && this.#hangs < hangTimes) {
      this.#hangs++;
      return 'hang';
    }
    return 'go-on';
  }
}

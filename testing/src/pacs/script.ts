import { createRandom } from '../studies/random.ts';
import type { Faults } from './types.ts';

/** What an association is told to do next. */
export type Order = 'go-on' | 'abort' | 'hang' | 'half-close';

/** The script of faults, changeable at any time; counts how often its limited faults have struck. */
export class Script {
  #faults: Faults;
  #withheld: ReadonlySet<string>;
  #aborts = 0;
  #hangs = 0;
  #changed = Promise.withResolvers<void>();
  readonly #random = createRandom('jitter');

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

  /** Pause before an instance, ms. @param associations that are open */
  instancePauseMs(associations: number): number {
    const { delayMs = 0, slowAbove } = this.#faults;
    const tooMany = slowAbove === undefined ? 0 : Math.max(0, associations - slowAbove.associations);
    return this.#jittered(delayMs) + tooMany * (slowAbove?.delayMs ?? 0);
  }

  /** Pause before an answer of a C-FIND, ms. */
  answerPauseMs(): number {
    return this.#jittered(this.#faults.answerDelayMs ?? 0);
  }

  /** Time that bytes take on the line, ms. */
  latencyMs(): number {
    const { latencyMs = 0, jitterMs = 0 } = this.#faults.line ?? {};
    return latencyMs + this.#random.next() * jitterMs;
  }

  /** Asked before each instance. @param transferred - instances that went over this association until now. */
  order(transferred: number): Order {
    const { abortAfter, abortTimes = Infinity, hangAfter, hangTimes = Infinity, halfCloseAfter } = this.#faults;
    if (abortAfter !== undefined && transferred >= abortAfter && this.#aborts < abortTimes) {
      this.#aborts++;
      return 'abort';
    }
    if (hangAfter !== undefined && transferred >= hangAfter && this.#hangs < hangTimes) {
      this.#hangs++;
      return 'hang';
    }
    return halfCloseAfter !== undefined && transferred >= halfCloseAfter ? 'half-close' : 'go-on';
  }

  #jittered(ms: number): number {
    return ms + this.#random.next() * (this.#faults.jitterMs ?? 0);
  }
}

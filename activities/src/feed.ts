import type { SpooledHeader } from './spool/index.ts';

/** A retrieved instance in the spool: a Part 10 file whose data set is byte-exact. */
export interface SpooledInstance {
  readonly sopInstanceUID: string;
  readonly sopClassUID: string;
  readonly transferSyntaxUID: string;
  readonly path: string;
  /** Bytes and SHA-256 (hex) of the data set; one that is to be pseudonymized is not hashed before that. */
  readonly bytes: number;
  readonly sha256?: string | undefined;
  /** Present as soon as its pseudonymized header is there. */
  readonly header?: SpooledHeader;
}

/** How far an instance of a part has come on this host. `settled`: stored, failed or missing; nobody follows it any more. */
export type FeedState = 'wanted' | 'retrieved' | 'ready' | 'settled';
/** The states a step takes instances from. */
export type FeedStage = 'retrieved' | 'ready';

export interface FeedEntry {
  readonly sopInstanceUID: string;
  readonly state: FeedState;
  /** Set in the states `retrieved` and `ready`. */
  readonly instance?: SpooledInstance;
}

/**
 * The link between the steps of one part on one host: retrieve announces, pseudonymize and store take each instance as
 * it becomes ready. Seeded from ledger and spool, so it knows after a restart what it knew before; the ledger stays the truth.
 */
export class PartFeed {
  readonly #states = new Map<string, FeedState>();
  readonly #entries: Record<FeedState, Map<string, FeedEntry>> = {
    wanted: new Map(),
    retrieved: new Map(),
    ready: new Map(),
    settled: new Map(),
  };
  readonly #pseudonymize: boolean;
  #open: boolean;
  #waiters: (() => void)[] = [];

  /**
   * @param pseudonymize whether a retrieved instance must be pseudonymized before it may be stored
   * @param closed whether retrieve has already said that nothing will be added
   */
  constructor(seed: Iterable<FeedEntry>, { pseudonymize, closed }: { pseudonymize: boolean; closed: boolean }) {
    this.#pseudonymize = pseudonymize;
    this.#open = !closed;
    for (const entry of seed) this.#enter(entry);
  }

  /** Whether retrieve may still add instances. */
  get isOpen(): boolean {
    return this.#open;
  }

  /** The instances nobody has yet fetched. */
  wanted(): string[] {
    return [...this.#entries.wanted.keys()];
  }

  stateOf(sopInstanceUID: string): FeedState | undefined {
    return this.#states.get(sopInstanceUID);
  }

  /** How many instances are in a state. */
  count(state: FeedState): number {
    return this.#entries[state].size;
  }

  /** The instances that lie in the spool and still have a way to go. */
  spooled(): SpooledInstance[] {
    const { ready, retrieved } = this.#entries;
    return [...ready.values(), ...retrieved.values()].flatMap(({ instance }) => instance ?? []);
  }

  /** An instance is durable in the spool. Also for one that nobody knew of (sources that only count). */
  retrieved(instance: SpooledInstance): void {
    this.#set({
      sopInstanceUID: instance.sopInstanceUID,
      state: this.#pseudonymize ? 'retrieved' : 'ready',
      instance,
    });
  }

  /** The outgoing header of an instance is there. */
  pseudonymized(instance: SpooledInstance & { readonly header: SpooledHeader }): void {
    this.#set({ sopInstanceUID: instance.sopInstanceUID, state: 'ready', instance });
  }

  /** The instance needs nothing more on this host. */
  settled(sopInstanceUID: string): void {
    this.#set({ sopInstanceUID, state: 'settled' });
  }

  /** Retrieve will add nothing more; what is still wanted will not come. */
  close(): void {
    this.#open = false;
    this.#wake();
  }

  /** Whether a follower of the stage has nothing to wait for any more. */
  isDrained(stage: FeedStage): boolean {
    if (this.#open || this.count('retrieved') > 0) return false;
    return stage === 'retrieved' || this.count('ready') === 0;
  }

  /** Begins to follow a stage from its start. One follower per stage at a time; several consumers may share it. */
  follow(stage: FeedStage): FeedFollower {
    const handedOut = new Set<string>();
    const take = (): SpooledInstance | undefined => {
      for (const { sopInstanceUID, instance } of this.#entries[stage].values()) {
        if (!instance || handedOut.has(sopInstanceUID)) continue;
        handedOut.add(sopInstanceUID);
        return instance;
      }
      return undefined;
    };
    return {
      take,
      next: async (signal) => {
        for (;;) {
          signal.throwIfAborted();
          const instance = take();
          if (instance) return instance;
          if (this.isDrained(stage)) return undefined;
          await this.#change(signal);
        }
      },
      pause: async (ms, signal) => {
        const over = AbortSignal.timeout(ms);
        const either = AbortSignal.any([signal, over]);
        while (!either.aborted && !this.isDrained(stage)) await this.#change(either).catch(() => undefined);
        signal.throwIfAborted();
      },
      giveBack: (sopInstanceUID) => {
        handedOut.delete(sopInstanceUID);
        this.#wake();
      },
    };
  }

  #set(entry: FeedEntry): void {
    this.#enter(entry);
    this.#wake();
  }

  #enter(entry: FeedEntry): void {
    const { sopInstanceUID, state } = entry;
    const before = this.#states.get(sopInstanceUID);
    if (before && before !== state) this.#entries[before].delete(sopInstanceUID);
    this.#states.set(sopInstanceUID, state);
    this.#entries[state].set(sopInstanceUID, entry);
  }

  #wake(): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const wake of waiters) wake();
  }

  #change(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const abort = () => reject(signal.reason as Error);
      signal.addEventListener('abort', abort, { once: true });
      this.#waiters.push(() => {
        signal.removeEventListener('abort', abort);
        resolve();
      });
    });
  }
}

/** Takes the instances of one stage, each once. */
export interface FeedFollower {
  /** The next instance that is there now, if any. */
  take(): SpooledInstance | undefined;
  /** Waits for the next instance; undefined when none will come any more. Rejects with the signal's reason. */
  next(signal: AbortSignal): Promise<SpooledInstance | undefined>;
  /** Waits so long (ms), or until none will come any more. Rejects with the signal's reason. */
  pause(ms: number, signal: AbortSignal): Promise<void>;
  /** An instance that was taken but could not be worked on; it will be handed out again. */
  giveBack(sopInstanceUID: string): void;
}

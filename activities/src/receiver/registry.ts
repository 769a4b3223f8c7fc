import type { IncomingInstance, InstanceSink, Placement, StoredInstance } from '@viaduct/dicom/dimse';

/** PS3.7 §C.5.1 "Refused: Not authorized" (0124H). */
export const NOT_AUTHORIZED = 0x0124;
const SUCCESS = 0x0000;

/** What a running retrieve waits for at the receiver of this host. */
export interface Expectation {
  /** AE title of the source that was asked to send; others are refused. */
  readonly callingAETitle: string;
  /** Whether this retrieve still lacks the instance. For a source that only counts: whether it takes what comes. */
  wants(sopInstanceUID: string): boolean;
  readonly sink: InstanceSink;
  /** What only tries the way leaves an instance to a transfer that lacks it as well. */
  readonly isTrial?: boolean;
}

interface Arrival {
  readonly sopInstanceUID: string;
  readonly expectation: Expectation;
}

/**
 * The arrivals this host has asked for. Whatever no running retrieve has registered is refused.
 * Two retrieves may expect the same instance: an arrival goes to the oldest that lacks it and is not being served already.
 */
export class ArrivalRegistry implements InstanceSink {
  readonly #expectations = new Set<Expectation>();
  /** Arrivals under way, by the final path of their file. */
  readonly #arrivals = new Map<string, Arrival>();
  readonly #pathOf = new WeakMap<IncomingInstance, string>();
  #refused = 0;

  /** How many instances were refused since the start. */
  get refused(): number {
    return this.#refused;
  }

  /** Whether any running retrieve waits for this calling AE title. */
  expectsFrom(callingAETitle: string): boolean {
    for (const expectation of this.#expectations) if (expectation.callingAETitle === callingAETitle) return true;
    return false;
  }

  /** Registers a retrieve until the answer is disposed of. */
  expect(expectation: Expectation): Disposable {
    this.#expectations.add(expectation);
    return { [Symbol.dispose]: () => void this.#expectations.delete(expectation) };
  }

  async begin(instance: IncomingInstance): Promise<Placement | { refuse: number }> {
    const expectation = this.#choose(instance);
    const answer = (await expectation?.sink.begin(instance)) ?? { refuse: NOT_AUTHORIZED };
    if ('refuse' in answer || !expectation) {
      this.#refused++;
      return answer;
    }
    this.#arrivals.set(answer.path, { sopInstanceUID: instance.sopInstanceUID, expectation });
    this.#pathOf.set(instance, answer.path);
    return answer;
  }

  async done(instance: StoredInstance): Promise<number> {
    const arrival = this.#arrivals.get(instance.path);
    this.#arrivals.delete(instance.path);
    // A retrieve that has ended meanwhile finds the durable file in the spool when it is tried again.
    if (!arrival || !this.#expectations.has(arrival.expectation)) return SUCCESS;
    return arrival.expectation.sink.done(instance);
  }

  failed(instance: IncomingInstance, error: unknown): void {
    const path = this.#pathOf.get(instance);
    const arrival = path === undefined ? undefined : this.#arrivals.get(path);
    if (path !== undefined) this.#arrivals.delete(path);
    arrival?.expectation.sink.failed?.(instance, error);
  }

  #choose(instance: IncomingInstance): Expectation | undefined {
    const lacking = [...this.#expectations].filter(
      (expectation) =>
        expectation.callingAETitle === instance.callingAETitle && expectation.wants(instance.sopInstanceUID),
    );
    const wanting = [...lacking.filter(({ isTrial }) => !isTrial), ...lacking.filter(({ isTrial }) => isTrial)];
    const served = new Set(
      [...this.#arrivals.values()]
        .filter(({ sopInstanceUID }) => sopInstanceUID === instance.sopInstanceUID)
        .map(({ expectation }) => expectation),
    );
    return wanting.find((expectation) => !served.has(expectation)) ?? wanting[0];
  }
}

import type { IncomingInstance, InstanceSink, Placement, StoredInstance } from '@viaduct/dicom/dimse';

/** How often the average is told while instances come, ms. */
const TELL_EVERY_MS = 1_000;

/** How long this process has had nothing to do but wait, ms: what it is too busy to read is nobody's slowness but its own. */
const idleMs = () => performance.eventLoopUtilization().idle;

/** The average time between two instances, and for how long it has been measured until now (ms). */
export interface Average {
  readonly gapMs: number;
  readonly measuredMs: number;
}

/**
 * A sink that measures how long a source lets us wait from our acknowledgement of an instance to the next one: what it needs
 * itself, whatever the size of its instances, the speed of the line and the load of this process.
 */
export class Gaps implements InstanceSink {
  readonly #sink: InstanceSink;
  readonly #onAverage: (average: Average) => Promise<void>;
  readonly #holdsBack: () => number;
  #acknowledged: { readonly at: number; readonly idleMs: number; readonly heldBack: number } | undefined;
  #since = 0;
  #sum = 0;
  #count = 0;

  /**
   * @param onAverage told about once a second
   * @param holdsBack how often we have held the source back ourselves so far; a gap in which we did says nothing
   */
  constructor(sink: InstanceSink, onAverage: (average: Average) => Promise<void>, holdsBack: () => number) {
    this.#sink = sink;
    this.#onAverage = onAverage;
    this.#holdsBack = holdsBack;
  }

  get durability(): InstanceSink['durability'] {
    return this.#sink.durability;
  }

  get hashed(): boolean | undefined {
    return this.#sink.hashed;
  }

  async begin(instance: IncomingInstance): Promise<Placement | { refuse: number }> {
    const before = this.#acknowledged;
    if (before?.heldBack === this.#holdsBack()) {
      if (this.#count === 0) this.#since = before.at;
      this.#sum += idleMs() - before.idleMs;
      this.#count += 1;
    }
    this.#acknowledged = undefined;
    if (this.#count > 0 && performance.now() - this.#since >= TELL_EVERY_MS) void this.#onAverage(this.#take());
    return this.#sink.begin(instance);
  }

  async done(instance: StoredInstance): Promise<number> {
    const status = await this.#sink.done(instance);
    this.#acknowledged = { at: performance.now(), idleMs: idleMs(), heldBack: this.#holdsBack() };
    return status;
  }

  failed(instance: IncomingInstance, error: unknown): void {
    this.#sink.failed?.(instance, error);
  }

  /** What has been measured since the last average, if anything. */
  rest(): Average | undefined {
    return this.#count === 0 ? undefined : this.#take();
  }

  #take(): Average {
    const average = { gapMs: this.#sum / this.#count, measuredMs: performance.now() - this.#since };
    this.#sum = 0;
    this.#count = 0;
    return average;
  }
}

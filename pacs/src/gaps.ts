import type { IncomingInstance, InstanceSink, StoredInstance } from '@viaduct/dicom/dimse';

/** How often the average is told while instances come, ms. */
const TELL_EVERY_MS = 1_000;

/** How long this process has had nothing to do but wait, ms: what it is too busy to read is nobody's slowness but its own. */
const idleMs = () => performance.eventLoopUtilization().idle;

/**
 * A sink that measures how long a source lets us wait from our acknowledgement of an instance to the next one: what it needs
 * itself, whatever the size of its instances, the speed of the line and the load of this process.
 */
export class Gaps implements InstanceSink {
  readonly #sink: InstanceSink;
  readonly #onAverage: (gapMs: number) => Promise<void>;
  readonly #holdsBack: () => number;
  #acknowledged: { readonly idleMs: number; readonly heldBack: number } | undefined;
  #toldAt = performance.now();
  #sum = 0;
  #count = 0;

  /**
   * @param onAverage told about once a second: ms between two instances
   * @param holdsBack how often we have held the source back ourselves so far; a gap in which we did says nothing
   */
  constructor(sink: InstanceSink, onAverage: (gapMs: number) => Promise<void>, holdsBack: () => number) {
    this.#sink = sink;
    this.#onAverage = onAverage;
    this.#holdsBack = holdsBack;
  }

  get durability(): InstanceSink['durability'] {
    return this.#sink.durability;
  }

  async begin(instance: IncomingInstance): Promise<{ path: string } | { refuse: number }> {
    const now = performance.now();
    const before = this.#acknowledged;
    if (before?.heldBack === this.#holdsBack()) {
      this.#sum += idleMs() - before.idleMs;
      this.#count += 1;
    }
    this.#acknowledged = undefined;
    if (this.#count > 0 && now - this.#toldAt >= TELL_EVERY_MS) this.#tell(now);
    return this.#sink.begin(instance);
  }

  async done(instance: StoredInstance): Promise<number> {
    const status = await this.#sink.done(instance);
    this.#acknowledged = { idleMs: idleMs(), heldBack: this.#holdsBack() };
    return status;
  }

  failed(instance: IncomingInstance, error: unknown): void {
    this.#sink.failed?.(instance, error);
  }

  #tell(now: number): void {
    void this.#onAverage(this.#sum / this.#count);
    this.#toldAt = now;
    this.#sum = 0;
    this.#count = 0;
  }
}

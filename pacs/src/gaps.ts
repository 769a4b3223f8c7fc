import type { IncomingInstance, InstanceSink, StoredInstance } from '@viaduct/dicom/dimse';

/** How often the average is told while instances come, ms. */
const TELL_EVERY_MS = 1_000;

/**
 * A sink that measures how long a source takes from our acknowledgement of an instance to the next one: what it needs
 * itself, whatever the size of its instances and the speed of the line.
 */
export class Gaps implements InstanceSink {
  readonly #sink: InstanceSink;
  readonly #onAverage: (gapMs: number) => Promise<void>;
  #acknowledgedAt: number | undefined;
  #toldAt = performance.now();
  #sum = 0;
  #count = 0;

  /** @param onAverage told about once a second: ms between two instances */
  constructor(sink: InstanceSink, onAverage: (gapMs: number) => Promise<void>) {
    this.#sink = sink;
    this.#onAverage = onAverage;
  }

  get durability(): InstanceSink['durability'] {
    return this.#sink.durability;
  }

  async begin(instance: IncomingInstance): Promise<{ path: string } | { refuse: number }> {
    const now = performance.now();
    if (this.#acknowledgedAt !== undefined) {
      this.#sum += now - this.#acknowledgedAt;
      this.#count += 1;
    }
    this.#acknowledgedAt = undefined;
    if (this.#count > 0 && now - this.#toldAt >= TELL_EVERY_MS) this.#tell(now);
    return this.#sink.begin(instance);
  }

  async done(instance: StoredInstance): Promise<number> {
    const status = await this.#sink.done(instance);
    this.#acknowledgedAt = performance.now();
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

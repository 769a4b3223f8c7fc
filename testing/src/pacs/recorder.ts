import type { PacsEvent, PacsState, RequestRecord } from './types.ts';

const EVENT_LIMIT = 20_000;

/** Counts and logs what a PACS is asked and does. */
export class Recorder {
  #delivered = new Map<string, number>();
  #acknowledged = new Map<string, number>();
  #received = new Map<string, number>();
  #requests: RequestRecord[] = [];
  #events: PacsEvent[] = [];
  #peak = 0;
  #resets = 0;
  readonly #open: () => number;

  /** @param open - how many associations are open now. */
  constructor(open: () => number) {
    this.#open = open;
  }

  /** Associations that are open now. */
  get open(): number {
    return this.#open();
  }

  associated(association: number, callingAETitle: string): void {
    this.#peak = Math.max(this.#peak, this.#open());
    this.event(association, 'associated', callingAETitle);
  }

  request(request: RequestRecord): void {
    this.#requests.push(request);
    this.event(request.association, 'request', request.operation);
  }

  delivering(sopInstanceUID: string): void {
    count(this.#delivered, sopInstanceUID);
  }

  /** The peer answered a sub-operation. */
  delivered(association: number, sopInstanceUID: string, status: number, taken: boolean): void {
    if (taken) count(this.#acknowledged, sopInstanceUID);
    this.event(association, 'delivered', sopInstanceUID, status);
  }

  received(association: number, sopInstanceUID: string): void {
    count(this.#received, sopInstanceUID);
    this.event(association, 'received', sopInstanceUID);
  }

  /** All connections were reset because of too much at a time. */
  overloaded(what: string): void {
    this.#resets++;
    this.event(0, 'fault', what);
  }

  event(association: number, kind: PacsEvent['kind'], what: string, status?: number): void {
    this.#events.push({ at: Date.now(), association, kind, what, ...(status === undefined ? {} : { status }) });
    if (this.#events.length > EVENT_LIMIT) this.#events.splice(0, EVENT_LIMIT / 10);
  }

  reset(): void {
    this.#delivered.clear();
    this.#acknowledged.clear();
    this.#received.clear();
    this.#requests = [];
    this.#events = [];
    this.#peak = this.#open();
    this.#resets = 0;
  }

  state(): PacsState {
    return {
      delivered: Object.fromEntries(this.#delivered),
      acknowledged: Object.fromEntries(this.#acknowledged),
      received: Object.fromEntries(this.#received),
      requests: [...this.#requests],
      openAssociations: this.#open(),
      peakAssociations: this.#peak,
      resets: this.#resets,
      events: [...this.#events],
    };
  }
}

function count(counters: Map<string, number>, key: string): void {
  counters.set(key, (counters.get(key) ?? 0) + 1);
}

import { events, type SearchEvents, type SearchInput } from '@viaduct/client';
import { askApi } from './ask.ts';
import { keyOf, byNewest } from './forms/transfer.ts';
import type { Problem, Search, SearchSource, Study } from './types.ts';

/** How long after the pointer moved over the list nothing is put between its rows, ms. */
const STILL = 1_500;

/**
 * One search at a time, as its answers come in. While somebody works in the list (moves over it, or has ticked
 * something), studies that would push others aside wait.
 */
export class LiveSearch {
  id = $state('');
  state = $state<'idle' | Search['state'] | 'lost'>('idle');
  capped = $state(false);
  sources = $state<SearchSource[]>([]);
  /** The list on screen, newest first. */
  studies = $state<Study[]>([]);
  /** Studies that have arrived while the list was held. */
  waiting = $state<Study[]>([]);
  /** Something is ticked: rows keep their places until they are asked to change. */
  pinned = false;
  #stream: EventSource | null = null;
  #turn = 0;
  #moved = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(found: Search | null) {
    if (found) this.#show(found);
  }

  /** Begins a search; the one before ends here and at its servers. A problem, or undefined when it runs. */
  async begin(input: SearchInput): Promise<Problem | undefined> {
    const turn = ++this.#turn;
    this.close();
    this.state = 'searching';
    this.studies = [];
    this.waiting = [];
    this.capped = false;
    this.sources = input.sourceIds.map((nodeId) => ({ nodeId, state: 'searching', count: 0, ms: 0 }));
    const { data, error } = await askApi().POST('/api/v1/searches', { body: input });
    if (turn !== this.#turn) return undefined;
    if (!data) {
      this.state = 'idle';
      this.sources = [];
      return error;
    }
    this.#follow(data.id);
    return undefined;
  }

  /** Takes up a search that began before this page was loaded; nothing happens when it is over and gone. */
  async resume(id: string): Promise<void> {
    const turn = ++this.#turn;
    const { data } = await askApi().GET('/api/v1/searches/{id}', { params: { path: { id } } });
    if (!data || turn !== this.#turn) return;
    this.#show(data);
    if (data.state === 'searching') this.#follow(id);
  }

  /** Ends the search at its servers; what has been found stays. */
  async stop(): Promise<void> {
    if (this.id) await askApi().DELETE('/api/v1/searches/{id}', { params: { path: { id: this.id } } });
  }

  /** Says that the pointer has moved over the list. */
  touch(): void {
    this.#moved = Date.now();
  }

  /** Shows what has been waiting. */
  release(): void {
    if (this.waiting.length > 0) this.studies = [...this.studies, ...this.waiting].sort(byNewest);
    this.waiting = [];
  }

  /** Stops listening; the search itself goes on until it ends or another begins. */
  close(): void {
    this.#stream?.close();
    this.#stream = null;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #show(found: Search): void {
    this.id = found.id;
    this.state = found.state;
    this.capped = found.capped;
    this.sources = found.sources;
    this.studies = found.studies.toSorted(byNewest);
    this.waiting = [];
  }

  #follow(id: string): void {
    this.id = id;
    const stream = new EventSource(`/api/v1/searches/${id}/events`);
    this.#stream = stream;
    events<SearchEvents>(stream, {
      study: (study) => this.#take(study),
      source: (source) => {
        this.sources = this.sources.map((each) => (each.nodeId === source.nodeId ? source : each));
      },
      done: ({ state, capped }) => {
        this.state = state;
        this.capped = capped;
        stream.close();
        this.#stream = null;
      },
    });
    stream.onerror = () => {
      // While it only reconnects, the browser does so by itself and the snapshot comes again.
      if (stream.readyState === EventSource.CLOSED && this.#stream === stream) {
        this.state = 'lost';
        this.close();
      }
    };
  }

  #take(study: Study): void {
    const key = keyOf(study);
    if ([...this.studies, ...this.waiting].some((each) => keyOf(each) === key)) return;
    const last = this.studies.at(-1);
    const pushes = last !== undefined && byNewest(study, last) < 0;
    if (pushes && this.#isHeld()) {
      this.waiting = [...this.waiting, study];
      this.#releaseLater();
    } else this.studies = [...this.studies, study].sort(byNewest);
  }

  #isHeld(): boolean {
    return this.pinned || Date.now() - this.#moved < STILL;
  }

  #releaseLater(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      if (this.#isHeld()) this.#releaseLater();
      else this.release();
    }, STILL / 3);
  }
}

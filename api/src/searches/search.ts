import type { SearchDoneView, SearchSourceView, SearchView, StudyView } from '../schemas/searches.ts';

/** Studies that a search lists at most. */
export const LISTED = 200;

/** What a search tells those who follow it. */
export interface SearchFollower {
  study(study: StudyView): void;
  source(source: SearchSourceView): void;
  done(done: SearchDoneView): void;
}

const newestFirst = (a: StudyView, b: StudyView) =>
  `${b.studyDate} ${b.studyTime}`.localeCompare(`${a.studyDate} ${a.studyTime}`) ||
  a.studyInstanceUid.localeCompare(b.studyInstanceUid);

/** One search: what its sources have answered so far, the newest studies only, and those who follow it. */
export class Search {
  readonly id: string;
  readonly sessionId: string;
  readonly #abort = new AbortController();
  readonly #followers = new Set<SearchFollower>();
  readonly #sources: Map<string, SearchSourceView>;
  #studies: StudyView[] = [];
  #capped = false;
  #state: SearchView['state'] = 'searching';
  lastUsedAt = Date.now();

  constructor(id: string, sessionId: string, sourceIds: readonly string[]) {
    this.id = id;
    this.sessionId = sessionId;
    this.#sources = new Map(sourceIds.map((nodeId) => [nodeId, { nodeId, state: 'searching', count: 0, ms: 0 }]));
  }

  /** Aborted when the search is stopped: whoever asks a source cancels there. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  get state(): SearchView['state'] {
    return this.#state;
  }

  /** Takes a study into the list if it is among the newest; false when it was left out. */
  add(study: StudyView): boolean {
    if (this.#state !== 'searching') return false;
    this.#studies.push(study);
    this.#studies.sort(newestFirst);
    const dropped = this.#studies.length > LISTED ? this.#studies.pop() : undefined;
    if (dropped) this.#capped = true;
    if (dropped === study) return false;
    for (const follower of this.#followers) follower.study(study);
    return true;
  }

  /** Shows how far a source is; a source that stopped early means that more exists than is listed. */
  update(source: SearchSourceView): void {
    if (source.state === 'capped') this.#capped = true;
    this.#sources.set(source.nodeId, source);
    for (const follower of this.#followers) follower.source(source);
  }

  /** Ends the search: by itself (`done`) or because somebody wants no more (`stopped`). */
  end(state: 'done' | 'stopped'): void {
    if (this.#state !== 'searching') return;
    this.#state = state;
    this.#abort.abort();
    for (const source of this.#sources.values()) if (source.state === 'searching') this.update({ ...source, state });
    for (const follower of this.#followers) follower.done({ state, capped: this.#capped });
    this.#followers.clear();
  }

  snapshot(): SearchView {
    return {
      id: this.id,
      state: this.#state,
      capped: this.#capped,
      sources: [...this.#sources.values()],
      studies: [...this.#studies],
    };
  }

  /** Tells what there is, then what comes. Returns what ends it. */
  follow(follower: SearchFollower): () => void {
    for (const source of this.#sources.values()) follower.source(source);
    for (const study of this.#studies) follower.study(study);
    if (this.#state !== 'searching') follower.done({ state: this.#state, capped: this.#capped });
    else this.#followers.add(follower);
    return () => this.#followers.delete(follower);
  }

  /** Waits until the search has ended, `ms` have passed, or `signal` aborts. */
  async ended(ms: number, signal: AbortSignal): Promise<void> {
    const enough = AbortSignal.any([signal, AbortSignal.timeout(ms), this.signal]);
    if (enough.aborted) return;
    await new Promise<void>((resolve) => enough.addEventListener('abort', () => resolve(), { once: true }));
  }
}

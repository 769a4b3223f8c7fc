import { events, type LiveEvents } from '@viaduct/client';
import { getContext, setContext } from 'svelte';

type Handlers = { [Name in keyof LiveEvents]?: (data: LiveEvents[Name]) => void };

/** How long a lost connection counts as a hiccup, ms. */
const STALE_AFTER = 15_000;
/** How long a hidden page keeps its connection (browsers allow few per host), ms. */
const HIDDEN_FOR = 60_000;

/**
 * The one connection of this page for changes as they happen. It follows all jobs, or one job with its studies;
 * closes while the page is hidden for long, and asks listeners to read anew when it was away.
 */
export class Live {
  state = $state<'connecting' | 'live' | 'reconnecting' | 'stale'>('connecting');
  /** Since when nothing arrives, ms since 1970. */
  since = $state(0);
  #listeners: Handlers[] = [];
  #returns: (() => void)[] = [];
  #job: string | null = null;
  #source: EventSource | null = null;
  #stop: (() => void) | null = null;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #staleTimer: ReturnType<typeof setTimeout> | undefined;
  #hiddenTimer: ReturnType<typeof setTimeout> | undefined;
  #settle: ReturnType<typeof setTimeout> | undefined;
  #attempt = 0;
  #wasLive = false;

  /** Connects and stays so until the returned function is called. */
  start(): () => void {
    const visibility = () => {
      clearTimeout(this.#hiddenTimer);
      if (document.hidden) this.#hiddenTimer = setTimeout(() => this.#close(), HIDDEN_FOR);
      else if (!this.#source) this.#open();
    };
    document.addEventListener('visibilitychange', visibility);
    this.#open();
    return () => {
      document.removeEventListener('visibilitychange', visibility);
      clearTimeout(this.#hiddenTimer);
      clearTimeout(this.#staleTimer);
      clearTimeout(this.#settle);
      this.#close();
    };
  }

  /** Hears events until the returned function is called. `job`: this one with its studies, instead of all jobs. */
  listen(handlers: Handlers, job: string | null = null): () => void {
    this.#listeners.push(handlers);
    this.#follow(job);
    return () => {
      this.#listeners = this.#listeners.filter((each) => each !== handlers);
      this.#follow(null);
    };
  }

  /** Calls back when the connection is there again after a loss: events may have been missed. */
  onReturn(callback: () => void): () => void {
    this.#returns.push(callback);
    return () => {
      this.#returns = this.#returns.filter((each) => each !== callback);
    };
  }

  /** Settles after the present turn, so that going from page to page makes one new connection, not two. */
  #follow(job: string | null): void {
    clearTimeout(this.#settle);
    this.#settle = setTimeout(() => {
      if (job === this.#job) return;
      this.#job = job;
      if (!this.#source) return;
      this.#close();
      this.#open();
    });
  }

  #open(): void {
    clearTimeout(this.#retry);
    const source = new EventSource(this.#job ? `/api/v1/events?job=${this.#job}` : '/api/v1/events');
    this.#source = source;
    source.onopen = () => this.#opened();
    source.onerror = () => this.#lost(source);
    const tell =
      <Name extends keyof LiveEvents>(name: Name) =>
      (data: LiveEvents[Name]) => {
        for (const handlers of this.#listeners) handlers[name]?.(data);
      };
    this.#stop = events<LiveEvents>(source, {
      job: tell('job'),
      task: tell('task'),
      node: tell('node'),
      'node-gone': tell('node-gone'),
    });
  }

  #opened(): void {
    this.#attempt = 0;
    clearTimeout(this.#staleTimer);
    const returned = this.#wasLive && this.state !== 'live';
    this.state = 'live';
    this.#wasLive = true;
    if (returned) for (const callback of this.#returns) callback();
  }

  #lost(source: EventSource): void {
    if (source !== this.#source) return;
    if (this.state === 'live' || this.state === 'connecting') {
      this.state = 'reconnecting';
      this.since = Date.now();
      clearTimeout(this.#staleTimer);
      this.#staleTimer = setTimeout(() => {
        if (this.state === 'reconnecting') this.state = 'stale';
      }, STALE_AFTER);
    }
    // The browser tries again by itself unless the server answered with an error.
    if (source.readyState !== EventSource.CLOSED) return;
    this.#close();
    this.#attempt += 1;
    this.#retry = setTimeout(() => this.#open(), Math.min(10_000, 500 * 2 ** this.#attempt));
  }

  #close(): void {
    clearTimeout(this.#retry);
    this.#stop?.();
    this.#stop = null;
    this.#source?.close();
    this.#source = null;
    if (this.state === 'live') {
      this.state = 'reconnecting';
      this.since = Date.now();
    }
  }
}

const KEY = Symbol('live');

/** Puts the connection where every component below can reach it. */
export function provideLive(): Live {
  return setContext(KEY, new Live());
}

/** The connection of this page. */
export function useLive(): Live {
  return getContext<Live>(KEY);
}

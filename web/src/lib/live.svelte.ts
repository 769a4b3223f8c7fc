import { events, type LiveEvents } from '@viaduct/client';
import { getContext, setContext } from 'svelte';
import { addressOf, type Interest } from './interest.ts';
import { refresh } from './refresh.ts';

type Handlers = { [Name in keyof LiveEvents]?: (data: LiveEvents[Name]) => void };

/** How long a lost connection counts as a hiccup, ms. */
const STALE_AFTER = 15_000;
/** The server gives a sign of life every 15 s; a connection on which nothing came for so long is dead, ms. */
const SILENT_FOR = 40_000;
/** A connection that is not open after so long is tried anew, ms: an answer may have got lost on the way. */
const OPEN_WITHIN = 10_000;
/** How long a hidden page keeps its connection (browsers allow few per host), ms. */
const HIDDEN_FOR = 60_000;
/** The longest pause between two attempts to connect, ms. */
const LONGEST_RETRY = 5_000;

/**
 * The one connection of this page for changes as they happen: it follows what the page shows, closes while the page is
 * hidden for long, and has the page read anew when it was away.
 */
export class Live {
  state = $state<'connecting' | 'live' | 'reconnecting' | 'stale'>('connecting');
  /** Since when nothing arrives, ms since 1970. */
  since = $state(0);
  #listeners: { handlers: Handlers; interest: Interest }[] = [];
  #address = '';
  #source: EventSource | null = null;
  #stop: (() => void) | null = null;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #staleTimer: ReturnType<typeof setTimeout> | undefined;
  #hiddenTimer: ReturnType<typeof setTimeout> | undefined;
  #silentTimer: ReturnType<typeof setTimeout> | undefined;
  #settle: ReturnType<typeof setTimeout> | undefined;
  #attempt = 0;
  #wasLive = false;
  #running = false;

  /** Connects and stays so until the returned function is called. */
  start(): () => void {
    const visibility = () => {
      clearTimeout(this.#hiddenTimer);
      if (document.hidden) this.#hiddenTimer = setTimeout(() => this.#sleep(), HIDDEN_FOR);
      else if (!this.#source) this.#open();
    };
    document.addEventListener('visibilitychange', visibility);
    this.#running = true;
    this.#follow();
    return () => {
      this.#running = false;
      document.removeEventListener('visibilitychange', visibility);
      clearTimeout(this.#hiddenTimer);
      clearTimeout(this.#staleTimer);
      clearTimeout(this.#settle);
      this.#close();
    };
  }

  /** Hears of what is of interest until the returned function is called. */
  listen(handlers: Handlers, interest: Interest): () => void {
    const listener = { handlers, interest };
    this.#listeners.push(listener);
    this.#follow();
    return () => {
      this.#listeners = this.#listeners.filter((each) => each !== listener);
      this.#follow();
    };
  }

  /** Settles after the present turn, so that going from page to page makes one new connection, not two. */
  #follow(): void {
    clearTimeout(this.#settle);
    this.#settle = setTimeout(() => {
      const address = addressOf(this.#listeners.map(({ interest }) => interest));
      if (address === this.#address || !this.#running) return;
      this.#address = address;
      if (document.hidden && !this.#source && this.#wasLive) return;
      this.#close();
      this.#open();
    });
  }

  #open(): void {
    clearTimeout(this.#retry);
    const source = new EventSource(this.#address);
    this.#source = source;
    this.#expect(OPEN_WITHIN);
    source.onopen = () => this.#opened();
    source.onerror = () => this.#lost(source);
    source.addEventListener('alive', () => this.#heard());
    const tell =
      <Name extends keyof LiveEvents>(name: Name) =>
      (data: LiveEvents[Name]) => {
        this.#heard();
        for (const { handlers } of this.#listeners) handlers[name]?.(data);
      };
    this.#stop = events<LiveEvents>(source, {
      job: tell('job'),
      tasks: tell('tasks'),
      jobs: tell('jobs'),
      nodes: tell('nodes'),
      dashboard: tell('dashboard'),
      queue: tell('queue'),
    });
  }

  #heard(): void {
    this.#expect(SILENT_FOR);
  }

  /** Connects anew unless something is heard within so many ms. */
  #expect(within: number): void {
    clearTimeout(this.#silentTimer);
    this.#silentTimer = setTimeout(() => {
      this.#away();
      this.#close();
      this.#open();
    }, within);
  }

  #opened(): void {
    this.#attempt = 0;
    this.#heard();
    clearTimeout(this.#staleTimer);
    const returned = this.#wasLive && this.state !== 'live';
    this.state = 'live';
    this.#wasLive = true;
    if (returned) refresh();
  }

  #lost(source: EventSource): void {
    if (source !== this.#source) return;
    this.#away();
    // The browser tries again by itself unless the server answered with an error.
    if (source.readyState !== EventSource.CLOSED) return;
    this.#close();
    this.#attempt += 1;
    this.#retry = setTimeout(() => this.#open(), Math.min(LONGEST_RETRY, 500 * 2 ** this.#attempt));
  }

  #away(): void {
    if (this.state !== 'live' && this.state !== 'connecting') return;
    this.state = 'reconnecting';
    this.since = Date.now();
    clearTimeout(this.#staleTimer);
    this.#staleTimer = setTimeout(() => {
      if (this.state === 'reconnecting') this.state = 'stale';
    }, STALE_AFTER);
  }

  #sleep(): void {
    this.#close();
    this.#away();
  }

  #close(): void {
    clearTimeout(this.#retry);
    clearTimeout(this.#silentTimer);
    this.#stop?.();
    this.#stop = null;
    this.#source?.close();
    this.#source = null;
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

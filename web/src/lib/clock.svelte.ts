import { getContext, setContext } from 'svelte';

/** The present moment and the reader's time zone, for every date on a page. */
export class Clock {
  now = $state(0);
  zone = $state('UTC');
  #chosen = false;

  constructor(now: number, zone: string, chosen: boolean) {
    this.now = now;
    this.zone = zone;
    this.#chosen = chosen;
  }

  /** Takes the zone that a person has chosen on their account page, or the browser's where they have not. */
  follow(zone: string, chosen: boolean): void {
    this.#chosen = chosen;
    this.zone = chosen ? zone : Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC';
  }

  /** Ticks each second and takes the browser's time zone where none was chosen, until the returned function is called. */
  start(): () => void {
    this.now = Date.now();
    this.follow(this.zone, this.#chosen);
    // The server writes dates in the same zone from the next page on.
    if (!this.#chosen)
      document.cookie = `zone=${encodeURIComponent(this.zone)}; path=/; max-age=31536000; samesite=lax`;
    const timer = setInterval(() => (this.now = Date.now()), 1000);
    return () => clearInterval(timer);
  }
}

const KEY = Symbol('clock');

/** Puts the clock where every component below can reach it. `now` in ms since 1970, `zone` an IANA name. */
export function provideClock(now: number, zone: string, chosen: boolean): Clock {
  return setContext(KEY, new Clock(now, zone, chosen));
}

/** The clock of this page. */
export function useClock(): Clock {
  return getContext<Clock>(KEY);
}

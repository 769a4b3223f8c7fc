import { getContext, setContext } from 'svelte';

/** The present moment and the reader's time zone, for every date on a page. */
export class Clock {
  now = $state(0);
  zone = $state('UTC');

  constructor(now: number, zone: string) {
    this.now = now;
    this.zone = zone;
  }

  /** Ticks each second and takes the browser's time zone, until the returned function is called. */
  start(): () => void {
    this.now = Date.now();
    this.zone = Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC';
    // The server writes dates in the same zone from the next page on.
    document.cookie = `zone=${encodeURIComponent(this.zone)}; path=/; max-age=31536000; samesite=lax`;
    const timer = setInterval(() => (this.now = Date.now()), 1000);
    return () => clearInterval(timer);
  }
}

const KEY = Symbol('clock');

/** Puts the clock where every component below can reach it. `now` in ms since 1970, `zone` an IANA name. */
export function provideClock(now: number, zone: string): Clock {
  return setContext(KEY, new Clock(now, zone));
}

/** The clock of this page. */
export function useClock(): Clock {
  return getContext<Clock>(KEY);
}

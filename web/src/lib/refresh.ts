import { invalidateAll } from '$app/navigation';

/** Pause before a server that does not answer is asked again, ms. */
const AGAIN = 2_000;
let asked = false;
let again = false;

async function isThere(): Promise<boolean> {
  try {
    return (await fetch('/api/v1/health', { cache: 'no-store' })).ok;
  } catch {
    return false;
  }
}

/** Resolves once the server answers. */
export async function whenThere(): Promise<void> {
  while (!(await isThere())) await new Promise((resolve) => setTimeout(resolve, AGAIN));
}

/**
 * Has the data of pages wait for a server that is away. Without it Kit would leave the page for one that the browser
 * cannot show. An answer that breaks off counts as none; a server that says that it cannot answer yet (503) is asked again
 * for the page that is shown, and shows its own words for others.
 */
export function waitForData(): void {
  const ask = window.fetch.bind(window);
  window.fetch = async (input, init) => {
    const { pathname } = new URL(input instanceof Request ? input.url : input, location.href);
    if (!pathname.endsWith('__data.json')) return ask(input, init);
    for (;;) {
      const answer = await whole(ask(input, init)).catch(() => undefined);
      const isShown = pathname === `${location.pathname.replace(/\/$/, '')}/__data.json`;
      if (answer && !(answer.status === 503 && isShown)) return answer;
      await new Promise((resolve) => setTimeout(resolve, AGAIN));
    }
  };
}

async function whole(asked: Promise<Response>): Promise<Response> {
  const answer = await asked;
  return new Response(await answer.arrayBuffer(), answer);
}

/** Reads the page anew: it stays as it is, with what was typed in it, until the server has answered. */
export function refresh(): void {
  again = asked;
  if (asked) return;
  asked = true;
  void invalidateAll().finally(() => {
    asked = false;
    // What has changed while it was read may not be in it.
    if (again) refresh();
  });
}

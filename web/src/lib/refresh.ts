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
 * Reads the page anew, once the server answers: a page whose server is away stays as it is, with what was typed in it,
 * and goes on by itself.
 */
export function refresh(): void {
  again = asked;
  if (asked) return;
  asked = true;
  void whenThere()
    .then(() => invalidateAll())
    .finally(() => {
      asked = false;
      // What has changed while it was read may not be in it.
      if (again) refresh();
    });
}

import { invalidateAll } from '$app/navigation';

/** Pause before a server that does not answer is asked again, ms. */
const AGAIN = 2_000;
let timer: ReturnType<typeof setTimeout> | undefined;
let asked: Promise<void> | undefined;

async function isThere(): Promise<boolean> {
  try {
    return (await fetch('/api/v1/health', { cache: 'no-store' })).ok;
  } catch {
    return false;
  }
}

/**
 * Reads the page anew, once the server answers: a page whose server is away stays as it is, with what was typed in it,
 * and goes on by itself.
 */
export function refresh(): void {
  clearTimeout(timer);
  asked ??= readAnew().finally(() => (asked = undefined));
}

async function readAnew(): Promise<void> {
  if (await isThere()) await invalidateAll();
  else timer = setTimeout(refresh, AGAIN);
}

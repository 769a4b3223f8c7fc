import { setTimeout as delay } from 'node:timers/promises';

export interface WaitOptions {
  /** 10,000 ms by default. */
  readonly deadlineMs?: number;
  /** Pause between two questions, 50 ms by default. */
  readonly intervalMs?: number;
  /** Named in the error: "timed out waiting for ...". */
  readonly what?: string;
  readonly signal?: AbortSignal;
}

/**
 * Asks until the answer is truthy and returns it. Errors of the condition are passed on at once.
 *
 * @throws Error when the deadline passes
 */
export async function waitFor<T>(
  condition: () => T | Promise<T>,
  options: WaitOptions = {},
): Promise<Exclude<T, false | null | undefined | 0 | ''>> {
  const deadlineMs = options.deadlineMs ?? 10_000;
  const end = performance.now() + deadlineMs;
  for (;;) {
    const answer = await condition();
    if (answer) return answer as Exclude<T, false | null | undefined | 0 | ''>;
    if (performance.now() > end) {
      throw new Error(`timed out after ${deadlineMs} ms waiting for ${options.what ?? 'a condition'}`);
    }
    await delay(options.intervalMs ?? 50, undefined, { signal: options.signal });
  }
}

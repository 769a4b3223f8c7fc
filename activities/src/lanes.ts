/**
 * Runs the same work in several lanes. The first error ends the others through their signal; it is thrown when all have
 * settled, so that nothing goes on behind the caller's back.
 */
export async function inLanes(
  count: number,
  signal: AbortSignal,
  work: (signal: AbortSignal, lane: number) => Promise<void>,
): Promise<void> {
  const failed = new AbortController();
  const both = AbortSignal.any([signal, failed.signal]);
  await Promise.all(
    Array.from({ length: count }, (_, lane) =>
      work(both, lane).catch((error: unknown) => {
        if (!both.aborted) failed.abort(error);
      }),
    ),
  );
  signal.throwIfAborted();
  failed.signal.throwIfAborted();
}

/** A signal that follows another one after some time (ms): so that what is in flight can be finished. */
export function abortAfter(signal: AbortSignal, ms: number): Disposable & { readonly signal: AbortSignal } {
  const later = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const start = () => {
    timer = setTimeout(() => later.abort(signal.reason), ms);
  };
  if (signal.aborted) start();
  else signal.addEventListener('abort', start, { once: true });
  return {
    signal: later.signal,
    [Symbol.dispose]() {
      clearTimeout(timer);
      signal.removeEventListener('abort', start);
    },
  };
}

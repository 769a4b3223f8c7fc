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

import { CancellationScope } from '@temporalio/workflow';

/**
 * Runs the steps at the same time. The first failure cancels the others; every step has settled before it is thrown.
 * (A fan-out that leaves promises behind lets a cancelled workflow close before its activities have put down their
 * work, and their late rejections fail the workflow task.)
 */
export async function allOrCancel(steps: readonly (() => Promise<unknown>)[]): Promise<void> {
  const failures: unknown[] = [];
  const scope = new CancellationScope({ cancellable: true });
  await scope.run(() =>
    Promise.all(
      steps.map((step) =>
        step().catch((error: unknown) => {
          failures.push(error);
          scope.cancel();
        }),
      ),
    ),
  );
  if (failures.length > 0) throw failures[0];
}

/** What became of the items of `inWindow`. */
export interface WindowEnd<R> {
  readonly results: readonly R[];
  /** Not every item was begun, because `stopping` said so. */
  readonly stopped: boolean;
}

/**
 * Works through the items, at most `width` at a time, and begins none while `stopping()` holds. The first error keeps
 * further items from beginning and is thrown when those that run have settled.
 */
export async function inWindow<T, R>(
  items: readonly T[],
  width: number,
  work: (item: T) => Promise<R>,
  stopping: () => boolean,
): Promise<WindowEnd<R>> {
  const waiting = [...items];
  const results: R[] = [];
  const failures: unknown[] = [];
  const lane = async () => {
    while (failures.length === 0 && !stopping()) {
      const item = waiting.shift();
      if (item === undefined) return;
      await work(item).then(
        (result) => results.push(result),
        (error: unknown) => failures.push(error),
      );
    }
  };
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, lane));
  if (failures.length > 0) throw failures[0];
  return { results, stopped: waiting.length > 0 };
}
